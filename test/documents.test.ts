import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import toolVersions from "../tool-versions.json" with { type: "json" };
import {
  DECISION_INDEX,
  DECISIONS_FOLDER,
  decisionIndex,
  readDecisions,
} from "./documents/decision-index.js";
import { END_TO_END_REPORT, updateReport } from "./documents/end-to-end-tests.js";
import { repositoryConfiguration, stackNamed, synthesizeApp } from "./synthesized-app.js";

const markdownIn = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));

const DOCUMENTS = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "app/README.md",
  "flux/README.md",
  ...markdownIn("docs"),
];

/** Documents whose lines are checked. app/README.md is not among them. */
const WRAPPED = DOCUMENTS.filter((file) => file !== "app/README.md");

const RUNBOOK = "docs/runbook";
const ALARM_FILES = readdirSync(join(RUNBOOK, "alarms")).map((name) => join(RUNBOOK, "alarms", name));
const RULES_FOLDER = "flux/infrastructure/monitoring/configs/rules";

/** Sections of alarms that only environments with other settings than prod have. */
const OTHER_SECTIONS = ["database.md#database-connections"];

/** Most words of a decision record: half a page. */
const DECISION_WORDS = 300;

const MAXIMUM_COLUMNS = 120;

const read = (file: string) => readFileSync(file, "utf8");
const withoutCode = (text: string) => text.replaceAll(/^ *```[\s\S]*?^ *```/gm, "");

/** Headings of a document, without its title. */
const headingsOf = (file: string) =>
  [...withoutCode(read(file)).matchAll(/^##+ (.+)$/gm)].map(([, heading = ""]) => heading);

/** Anchors that GitHub gives a document's headings. */
function anchorsOf(file: string): string[] {
  return [...withoutCode(read(file)).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

const linksOf = (file: string) =>
  [...withoutCode(read(file)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);

/** Links of a document to a missing file or heading. */
function brokenLinks(file: string): string[] {
  return linksOf(file).filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? file : relative(".", join(dirname(file), path));
    if (!existsSync(target)) return true;
    return anchor !== undefined && !anchorsOf(target).includes(anchor);
  });
}

/** Lines of prose that are too long. Code, tables and lines that cannot be broken are exempt. */
function longLines(file: string): string[] {
  return withoutCode(read(file))
    .split("\n")
    .filter((line) => line.length > MAXIMUM_COLUMNS && !/^\s*(\||- |<!--)/.test(line))
    .filter((line) => line.replaceAll(/`[^`]*`|\]\([^)]*\)/g, "").length > MAXIMUM_COLUMNS / 2);
}

describe("documents", () => {
  it.each(DOCUMENTS)("%s: every link has a target", (file) => {
    expect(brokenLinks(file)).toEqual([]);
  });

  it.each(WRAPPED)("%s: prose is wrapped at 120 columns", (file) => {
    expect(longLines(file)).toEqual([]);
  });

  it("apply one stack with each command: CDKTF applies several at once, and one may read the outputs of another", () => {
    const commands = DOCUMENTS.flatMap((file) =>
      [...read(file).matchAll(/cdktf deploy [^`&|;\n]+/g)].map(([command]) => command.trim()),
    );
    expect(commands.length).toBeGreaterThan(3);
    for (const command of commands) expect(command).toMatch(/^cdktf deploy [\w<>-]+$/);
  });

  it("name the Terraform version of the workspaces, because HCP Terraform rejects other minor versions", () => {
    const [major, minor] = toolVersions.terraform.pinned.split(".");
    for (const file of ["docs/deployment.md", `${RUNBOOK}/README.md`, `${RUNBOOK}/destroy.md`]) {
      const named = [...read(file).matchAll(/Terraform (\d[\d.]*\d)/g)].map(([, version]) => version);
      expect(new Set(named), file).toEqual(new Set([`${major}.${minor}`]));
    }
  });

  it("scale a Deployment up again after scaling it to 0, because the autoscaler ignores a Deployment without pods", () => {
    const scripts = DOCUMENTS.flatMap((file) => [...read(file).matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)]);
    const after = scripts.flatMap(([, script = ""]) =>
      script.split(/scale deployment\/notejam --replicas=0/).slice(1),
    );
    expect(after.length).toBeGreaterThan(0);
    for (const rest of after) expect(rest).toMatch(/scale deployment\/notejam --replicas=[1-9]/);
  });

  it("name only scripts of package.json", () => {
    const { scripts } = JSON.parse(read("package.json"));
    const { scripts: ofApp } = JSON.parse(read("app/package.json"));
    for (const file of DOCUMENTS) {
      const commands = read(file).matchAll(/npm run (?:--silent )?([a-z][a-z0-9:-]*)( -w app)?/g);
      for (const [command, name = "", app] of commands) {
        expect(app ? ofApp : { ...ofApp, ...scripts }, `${command} in ${file}`).toHaveProperty([name]);
      }
    }
  });
});

describe("decision records", () => {
  const decisions = readDecisions();

  it("are numbered without gaps, by file name and heading", () => {
    expect(decisions.map(({ number }) => number)).toEqual(decisions.map((_, index) => index + 1));
    for (const { file, number } of decisions) expect(Number(file.slice(0, 4)), file).toBe(number);
  });

  it.each(decisions)(
    "$file has its title in its name, the same sections and at most half a page",
    (decision) => {
      const file = join(DECISIONS_FOLDER, decision.file);
      const slug = decision.title
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, "-")
        .replaceAll(/^-|-$/g, "");
      expect(decision.file.slice(5)).toBe(`${slug}.md`);
      expect(headingsOf(file)).toEqual(["Context", "Decision", "Consequences"]);
      expect(read(file).split(/[\s|]+/).length).toBeLessThanOrEqual(DECISION_WORDS);
    },
  );

  it("are listed in the index. Run `npm run docs` after a change", () => {
    expect(read(join(DECISIONS_FOLDER, DECISION_INDEX))).toBe(decisionIndex(decisions));
  });
});

describe("the report of end-to-end tests", () => {
  it("lists the titles of all tests. Run `npm run docs` after a change", async () => {
    const report = read(END_TO_END_REPORT);
    expect(report).toBe(await updateReport(report));
  });
});

describe("the runbook", () => {
  it("names only CronJobs and components of the Flux tree", () => {
    const manifests = readdirSync("flux", { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".yaml"))
      .map((name) => read(join("flux", name)));
    const documents = markdownIn("docs").map(read).join("\n");
    const named = (pattern: RegExp) => new Set([...documents.matchAll(pattern)].map(([, name = ""]) => name));
    const inTree = (pattern: RegExp) =>
      manifests.flatMap((text) => [...text.matchAll(pattern)].map(([, name = ""]) => name));
    const cronJobs = named(/cronjob\/([a-z-]+)/g);
    const components = named(/app\.kubernetes\.io\/component=([a-z-]+)/g);
    expect(cronJobs.size).toBeGreaterThan(1);
    expect(components.size).toBeGreaterThan(1);
    expect(inTree(/^kind: CronJob\nmetadata:\n(?: {2}.*\n)*? {2}name: (.+)$/gm)).toEqual(
      expect.arrayContaining([...cronJobs]),
    );
    expect(inTree(/app\.kubernetes\.io\/component: (.+)$/gm)).toEqual(
      expect.arrayContaining([...components]),
    );
  });

  /** Links to the runbook, relative to its folder of alarms, by the name of the alarm or alert. */
  const links = new Map<string, string>();
  const alerts: string[] = [];

  beforeAll(async () => {
    const stack = stackNamed(synthesizeApp(await repositoryConfiguration()), "notejam-prod");
    const alarms = ["aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm"].flatMap((type) =>
      stack.resources(type),
    );
    for (const { alarm_name: name, alarm_description: description } of alarms) {
      links.set(String(name), / Runbook: docs\/runbook\/alarms\/(\S+)$/.exec(String(description))?.[1] ?? "");
    }
    for (const file of readdirSync(RULES_FOLDER)) {
      for (const { rules } of parse(read(join(RULES_FOLDER, file))).spec?.groups ?? []) {
        for (const { alert, annotations } of rules) {
          alerts.push(alert);
          links.set(alert, /^\$\{RUNBOOK_URL\}\/(.+)$/.exec(annotations?.runbook_url)?.[1] ?? "");
        }
      }
    }
  });

  it("has a section for every alarm and alert, and no others", () => {
    expect(alerts.length).toBeGreaterThan(10);
    expect(links.size).toBeGreaterThan(alerts.length + 10);
    const sections = ALARM_FILES.flatMap((file) =>
      headingsOf(file).map((heading) => `${basename(file)}#${heading}`),
    );
    for (const [name, link] of links) expect(sections, name).toContain(link);
    const used = new Set([...links.values(), ...OTHER_SECTIONS]);
    expect(sections.filter((section) => !used.has(section))).toEqual([]);
  });

  it("names the section of an alert like the alert", () => {
    for (const alert of alerts) {
      const kebab = alert.replaceAll(/(?<=[a-z])[A-Z]/g, "-$&").toLowerCase();
      expect(links.get(alert), alert).toMatch(new RegExp(`#${kebab}$`));
    }
  });

  it("lists every alarm and alert in its index, with a link to its section", () => {
    const index = read(join(RUNBOOK, "README.md"));
    for (const [name, link] of links) {
      const label = name.replace(/^notejam-prod-/, "").replace(/^nat-gateway-\d+-/, "nat-gateway-");
      if (index.includes(`\`${label}\``)) continue; // a part of a composite alarm has no section
      expect(index, name).toContain(`[${label}](alarms/${link})`);
    }
  });

  it("lists every file in its index", () => {
    const files = markdownIn(RUNBOOK).map((file) => relative(RUNBOOK, file));
    const linked = linksOf(join(RUNBOOK, "README.md")).map((link) => link.split("#")[0]);
    expect(files.filter((file) => file !== "README.md" && !linked.includes(file))).toEqual([]);
  });

  it.each(ALARM_FILES)("%s: every section states the condition", (file) => {
    const sections = read(file).split(/^## /m).slice(1);
    for (const section of sections) expect(section).toMatch(/^.+\n\n\*\*When:\*\* /);
  });

  it("states when to use each procedure, the expected result and the roll-back", () => {
    for (const name of ["destroy", "region-failover", "release", "restore"]) {
      const text = read(join(RUNBOOK, `${name}.md`));
      for (const label of ["**When:**", "Expect:", "Roll back"]) expect(text, name).toContain(label);
    }
  });
});
