import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { repositoryConfiguration, stackNamed, synthesizeApp } from "./synthesized-app.js";

const DOCUMENTS = [
  "README.md",
  "app/README.md",
  ...readdirSync("docs", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];

/** The anchors that GitHub gives a document's headings. */
function anchorsOf(file: string): string[] {
  const text = readFileSync(file, "utf8").replaceAll(/^```[\s\S]*?^```/gm, "");
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Links of a document that lead to no file or no heading. */
function brokenLinks(file: string): string[] {
  const text = readFileSync(file, "utf8");
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? file : relative(".", join(dirname(file), path));
    if (!existsSync(target)) return true;
    return anchor !== undefined && !anchorsOf(target).includes(anchor);
  });
}

describe("the documents", () => {
  it.each(DOCUMENTS)("%s: every link leads somewhere", (file) => {
    expect(brokenLinks(file)).toEqual([]);
  });

  it("number every decision once, and each has its context, decision and consequences", () => {
    const files = readdirSync("docs/decisions").sort();
    expect(files.map((name) => name.slice(0, 4))).toEqual(
      files.map((_, index) => String(index + 1).padStart(4, "0")),
    );
    for (const file of files) {
      expect(anchorsOf(join("docs/decisions", file)), file).toEqual(
        expect.arrayContaining(["context", "decision", "consequences"]),
      );
    }
  });

  it("tell what to do for every alarm that names the runbook", async () => {
    const stacks = synthesizeApp(await repositoryConfiguration());
    const text = JSON.stringify(stackNamed(stacks, "notejam-prod").json);
    const named = new Set(
      [...text.matchAll(/runbook\/README\.md#([a-z0-9-]+)/g)].map(([, anchor = ""]) => anchor),
    );
    expect(named.size).toBeGreaterThan(10);
    const headings = anchorsOf("docs/runbook/README.md");
    expect([...named].filter((anchor) => !headings.includes(anchor))).toEqual([]);
  });

  it("apply one stack with each command: CDKTF starts all that it is given at once, and one may read another's outputs", () => {
    const commands = DOCUMENTS.flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/cdktf deploy [^`&|;\n]+/g)].map(([command]) => command.trim()),
    );
    expect(commands.length).toBeGreaterThan(3);
    for (const command of commands) expect(command).toMatch(/^cdktf deploy [\w<>-]+$/);
  });

  it("start pods again where they stopped them all: the autoscaler leaves a Deployment of none alone", () => {
    const scripts = [...readFileSync("docs/runbook/README.md", "utf8").matchAll(/^```sh\n([\s\S]*?)^```/gm)];
    for (const [, script = ""] of scripts) {
      const [, after] = script.split(/scale deployment\/notejam --replicas=0/);
      if (after !== undefined) expect(after).toMatch(/scale deployment\/notejam --replicas=[1-9]/);
    }
  });

  it("name only commands that the package has", () => {
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
    const { scripts: ofApp } = JSON.parse(readFileSync("app/package.json", "utf8"));
    for (const file of DOCUMENTS) {
      const commands = readFileSync(file, "utf8").matchAll(
        /npm run (?:--silent )?([a-z][a-z0-9:-]*)( -w app)?/g,
      );
      for (const [command, name = "", app] of commands) {
        expect(app ? ofApp : { ...ofApp, ...scripts }, `${command} in ${file}`).toHaveProperty([name]);
      }
    }
  });
});
