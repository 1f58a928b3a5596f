import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";

export const END_TO_END_REPORT = "docs/end-to-end-tests.md";

const BEGIN = "<!-- The rest of this file is written by `npm run docs`. -->\n";

/** Groups of end-to-end tests. */
const SUITES = [
  { title: "Platform", configuration: "vitest.e2e.config.ts", workspace: "." },
  { title: "Application", configuration: "app/vitest.proof.config.ts", workspace: "app" },
];

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
  const suites = await Promise.all(
    SUITES.map(async (suite) => describeSuite(suite.title, suite.workspace, await testFiles(suite))),
  );
  return `${text.slice(0, end)}${BEGIN}\n${suites.join("\n")}`;
}

/** Vitest parses the files; it does not run them, so no tool is needed. */
async function testFiles(suite: (typeof SUITES)[number]): Promise<TestFile[]> {
  const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
  const { stdout } = await promisify(execFile)(process.execPath, [
    vitest,
    "list",
    "--config",
    suite.configuration,
    "--staticParse",
    "--json",
  ]);
  const tests = listed.parse(JSON.parse(stdout));
  return [...new Set(tests.map(({ file }) => file))].sort().map((path) => ({
    path: relative(suite.workspace, path),
    titles: tests
      .filter(({ file }) => file === path)
      .map(({ name }) => name.split(" > ").map(withoutPlaceholders)),
  }));
}

/** Replaces what the tests insert into a title only when they run. */
const withoutPlaceholders = (title: string) =>
  title.replaceAll(/\$\{[^}]*\}|\$[a-z]\w*|%[sdi]/gi, "…").replaceAll("<", "&lt;");

function describeSuite(title: string, workspace: string, files: readonly TestFile[]): string {
  const option = workspace === "." ? "" : ` -w ${workspace}`;
  return [`## ${title}`, "", ...files.flatMap((file) => describeFile(file, option))].join("\n");
}

function describeFile({ path, titles }: TestFile, option: string): string[] {
  const name = basename(path).replace(/(\.e2e)?\.(test|proof)\.ts$/, "");
  const lines = titles.flatMap((title, index) => describeTest(title, titles[index - 1] ?? []));
  return [`### ${name}`, "", `\`npm run test:e2e${option} -- ${path}\``, "", ...lines, ""];
}

/** Lines of a test: its own, after those of groups that begin with it. */
function describeTest(title: readonly string[], previous: readonly string[]): string[] {
  const shared = title.findIndex((part, depth) => depth === title.length - 1 || part !== previous[depth]);
  return title.slice(shared).map((part, index) => `${"  ".repeat(shared + index)}- ${part}`);
}
