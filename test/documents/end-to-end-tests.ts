import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";

export const END_TO_END_REPORT = "docs/end-to-end-tests.md";

const BEGIN = "<!-- The rest of this file is written by `npm run docs`. -->\n";

/** Workspaces that may have end-to-end tests, and the headings of those tests. */
const WORKSPACES = [
  { title: "Platform", workspace: "." },
  { title: "Application", workspace: "app" },
];

const packageFile = z.object({ scripts: z.record(z.string(), z.string()) });

/** A test as `vitest list --json` prints it: `name` is its title after those of its groups. */
const listed = z.array(z.object({ name: z.string(), file: z.string() }));

interface TestFile {
  /** Relative to the workspace. */
  readonly path: string;
  /** Titles of groups and tests, in the order of the file. */
  readonly titles: readonly (readonly string[])[];
}

/**
 * Returns the text of the report with its generated part replaced: the titles of all end-to-end tests, by file.
 *
 * @param text the present report
 * @throws if it lacks the line after which the generated part begins
 */
export async function updateReport(text: string): Promise<string> {
  const end = text.indexOf(BEGIN);
  if (end === -1) throw new Error(`${END_TO_END_REPORT} lacks the line ${BEGIN.trim()}`);
  const sections = await Promise.all(
    WORKSPACES.map(async ({ title, workspace }) =>
      describeSuite(title, workspace, await testFiles(workspace)),
    ),
  );
  return `${text.slice(0, end)}${BEGIN}\n${sections.filter((section) => section !== "").join("\n")}`;
}

/**
 * Returns the files that the workspace's script `test:e2e` runs; none without that script. Vitest parses the files and does
 * not run them, so no other tool is needed.
 */
async function testFiles(workspace: string): Promise<TestFile[]> {
  const { scripts } = packageFile.parse(JSON.parse(readFileSync(join(workspace, "package.json"), "utf8")));
  const script = scripts["test:e2e"];
  if (script === undefined) return [];
  const [, configuration] = / --config (\S+)/.exec(script) ?? [];
  if (!configuration) throw new Error(`The script test:e2e of ${workspace}/package.json has no --config.`);
  const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
  const { stdout } = await promisify(execFile)(process.execPath, [
    vitest,
    "list",
    "--config",
    join(workspace, configuration),
    "--staticParse",
    "--json",
  ]);
  const tests = listed.parse(JSON.parse(stdout));
  return [...new Set(tests.map(({ file }) => file))].sort().map((path) => ({
    path: relative(workspace, path),
    titles: tests
      .filter(({ file }) => file === path)
      .map(({ name }) => name.split(" > ").map(withoutPlaceholders)),
  }));
}

/** Replaces what the tests insert into a title only when they run. */
const withoutPlaceholders = (title: string) =>
  title.replaceAll(/\$\{[^}]*\}|\$[a-z]\w*|%[sdi]/gi, "…").replaceAll("<", "&lt;");

function describeSuite(title: string, workspace: string, files: readonly TestFile[]): string {
  if (files.length === 0) return "";
  const command = `npm run test:e2e${workspace === "." ? "" : ` -w ${workspace}`} -- <file>`;
  return [`## ${title}`, "", `\`${command}\``, "", ...files.flatMap(describeFile)].join("\n");
}

function describeFile({ path, titles }: TestFile): string[] {
  const lines = titles.flatMap((title, index) => describeTest(title, titles[index - 1] ?? []));
  return [`### ${path}`, "", ...lines, ""];
}

/** Lines of a test: its own, after those of groups that begin with it. */
function describeTest(title: readonly string[], previous: readonly string[]): string[] {
  const shared = title.findIndex((part, depth) => depth === title.length - 1 || part !== previous[depth]);
  return title.slice(shared).map((part, index) => `${"  ".repeat(shared + index)}- ${part}`);
}
