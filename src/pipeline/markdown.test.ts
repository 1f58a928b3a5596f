import { describe, expect, it } from "vitest";
import { codeSpan, link, oneSafeLine } from "./markdown.js";

describe("text from a plan", () => {
  it("is one line without invisible characters", () => {
    expect(oneSafeLine("a\n```\r\n</details>\u0000\u202Eb\u200Bc\u2028d")).toBe("a ``` </details> b c d");
    expect(oneSafeLine("x".repeat(1000))).toHaveLength(301);
  });

  it("cannot leave its code span", () => {
    expect(codeSpan("a`b")).toBe("`` a`b ``");
    expect(codeSpan("``` @everyone [x](y) <b>")).toBe("```` ``` @everyone [x](y) <b> ````");
  });

  it("cannot leave a link's address", () => {
    expect(link("run", "https://example.com/a)b|c<d>`")).toBe(
      "[run](https://example.com/a%29b%7Cc%3Cd%3E%60)",
    );
  });
});
