import { describe, expect, it } from "vitest";
import { hideSecrets } from "./secrets.js";

describe("secrets in a text", () => {
  it("are hidden, also when JSON escapes them", () => {
    const secret = 'quo"ted-secret';
    expect(hideSecrets(`plain ${secret}, ${JSON.stringify({ secret })}`, [secret])).toBe(
      'plain (hidden), {"secret":"(hidden)"}',
    );
  });
});
