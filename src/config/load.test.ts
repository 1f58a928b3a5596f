import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfiguration } from "./load.js";
import { namesOf } from "./names.js";
import { ConfigurationError } from "./problem.js";

const TODAY = new Date("2026-12-10T12:00:00Z");

const ORGANIZATION = {
  terraformCloud: { hostname: "app.terraform.io", organization: "example-notes", project: "notejam" },
  bootstrap: { region: "eu-west-1" },
  githubOwner: "example-notes",
  operationsRepositoryPrefix: "operations-k8s",
};

const DEV = {
  name: "dev",
  production: false,
  drRegion: "eu-central-1",
  vpcCidr: "10.20.0.0/16",
  hostedZone: "example.com",
  hostName: "notejam-dev.example.com",
  clusterEndpoint: { publicAccessCidrs: [] },
  budget: { monthlyUsd: 500, emails: ["platform@example.com"] },
  alarmEmails: ["platform@example.com"],
};

const TEST = { ...DEV, name: "test", vpcCidr: "10.30.0.0/16", hostName: "notejam-test.example.com" };

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "notejam-environments-"));
});

afterEach(() => rm(folder, { recursive: true }));

/** Writes files, each given as the value of its default export or as its text. */
async function write(files: Record<string, object | string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const text = typeof content === "string" ? content : `export default ${JSON.stringify(content)};\n`;
    await writeFile(join(folder, name), text);
  }
}

async function failure(directory = folder): Promise<ConfigurationError> {
  try {
    await loadConfiguration(directory, { today: TODAY });
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error("the configuration was accepted");
}

/** The problems as `file field`, without the folder. */
async function problems(): Promise<string[]> {
  const error = await failure();
  return error.problems.map(({ file, field }) => `${file.replace(`${folder}/`, "")} ${field ?? "-"}`);
}

describe("loadConfiguration", () => {
  it("loads the project's own environments", async () => {
    const { environments, organization } = await loadConfiguration("environments", { today: TODAY });
    const production = new Map(
      environments.map((environment) => [namesOf(environment).instance, environment.production]),
    );
    expect([production.get("dev"), production.get("prod")]).toEqual([false, true]);
    expect(organization.terraformCloud.project).toBe("notejam");
  });

  it("takes one new file for one new environment", async () => {
    await write({ "organization.ts": ORGANIZATION, "dev.ts": DEV, "test.ts": TEST });
    const { environments } = await loadConfiguration(folder, { today: TODAY });
    expect(environments.map(({ name }) => name)).toEqual(["dev", "test"]);
  });

  it("takes a recovery copy beside the first, which comes before it", async () => {
    const copy = {
      ...DEV,
      region: "eu-central-1",
      drRegion: "eu-west-1",
      vpcCidr: "10.40.0.0/16",
      recoveryOf: { region: "eu-west-1" },
    };
    await write({ "organization.ts": ORGANIZATION, "dev.ts": DEV, "dev-eu-central-1.ts": copy });
    const { environments } = await loadConfiguration(folder, { today: TODAY });
    expect(environments.map((environment) => namesOf(environment).name)).toEqual([
      "notejam-dev",
      "notejam-dev-eu-central-1",
    ]);
  });

  it("takes an environment that releases what another one built", async () => {
    const test = { ...TEST, promotesFrom: "dev" };
    await write({ "organization.ts": ORGANIZATION, "dev.ts": DEV, "test.ts": test });
    const { environments } = await loadConfiguration(folder, { today: TODAY });
    expect(environments.map(({ promotesFrom }) => promotesFrom)).toEqual([undefined, "dev"]);
  });

  it.each(["test", "prod", "notejam-dev"])("refuses to release what %s built", async (promotesFrom) => {
    const test = { ...TEST, promotesFrom };
    await write({ "organization.ts": ORGANIZATION, "dev.ts": DEV, "test.ts": test });
    expect(await problems()).toEqual(["test.ts promotesFrom"]);
    expect((await failure()).message).toContain("another environment of this folder: dev");
  });

  it("takes the numbers by which GitHub's tokens name owner and repositories", async () => {
    const githubIds = { owner: 12, repositories: { notejam: 34 } };
    await write({ "organization.ts": { ...ORGANIZATION, githubIds }, "dev.ts": DEV });
    expect((await loadConfiguration(folder, { today: TODAY })).organization.githubIds).toEqual(githubIds);
  });

  it("wants a number for each repository, where there are numbers", async () => {
    const githubIds = { owner: 12, repositories: { notejam: 34 } };
    const dev = { ...DEV, githubRepositories: ["notejam", "notes"] };
    await write({ "organization.ts": { ...ORGANIZATION, githubIds }, "dev.ts": dev });
    expect(await problems()).toEqual(["dev.ts githubRepositories"]);
  });

  it("passes over tests, declarations and anything that is not TypeScript", async () => {
    await write({
      "organization.ts": ORGANIZATION,
      "dev.ts": DEV,
      "dev.test.ts": "throw 1",
      "x.d.ts": "",
      "README.md": "",
    });
    const { environments } = await loadConfiguration(folder, { today: TODAY });
    expect(environments).toHaveLength(1);
  });

  it("tells all problems of all files in one readable message", async () => {
    await write({
      "organization.ts": { ...ORGANIZATION, bootstrap: { region: "eu-wst-1" } },
      "dev.ts": { ...DEV, vpcCidr: "10.20.0.0/24", natGatways: "single", budget: undefined },
      "test.ts": { ...TEST, drRegion: "eu-west-1", backups: { retentionDays: 365 } },
    });
    const error = await failure();
    expect(error.message.replaceAll(folder, "environments")).toMatchInlineSnapshot(`
      "The configuration has 6 problems in 3 files:

      environments/organization.ts
        bootstrap.region: "eu-wst-1"
          rule:   an AWS region that Notejam can stand in
          remedy: did you mean "eu-west-1"? choose one of the regions in src/config/regions.ts

      environments/dev.ts
        vpcCidr: "10.20.0.0/24"
          rule:   an IPv4 network from /16 (AWS's largest) to /20 (the least that gives three zones room for pods), no host bits set
          remedy: write it like "192.168.0.0/16"
        budget: (missing)
          rule:   an object { monthlyUsd, emails }: nobody else knows what this environment may cost
          remedy: write it like { monthlyUsd: 500, emails: ["platform@example.com"] }
        natGatways: "single"
          rule:   a known field
          remedy: did you mean "natGateways"?

      environments/test.ts
        backups.retentionDays: 365
          rule:   a whole number of days from 1095 to 36500: notes can be asked back for three years
          remedy: write 1095 or more
        drRegion: "eu-west-1"
          rule:   another region than the environment's own, for replicas must survive its loss
          remedy: choose another one of the partition aws, such as "eu-central-1""
    `);
  });

  it("shows a long value shortened", async () => {
    await write({ "organization.ts": ORGANIZATION, "dev.ts": { ...DEV, name: "x".repeat(200) } });
    const { message } = await failure();
    expect(message).toContain(`name: "${"x".repeat(78)}…\n`);
  });

  it.each([
    ["does not parse", "export default {{", /TypeScript module that loads/],
    ["throws", 'throw new Error("no such value");', /no such value/],
    ["imports what is not there", 'import "./nowhere.js"; export default {};', /nowhere/],
    ["has no default export", "export const dev = {};", /default export: \(missing\)/],
    ["exports a function", "export default () => {};", /an object/],
  ])("names a file that %s among the other problems", async (_what, text, words) => {
    await write({
      "organization.ts": ORGANIZATION,
      "broken.ts": text,
      "dev.ts": { ...DEV, drRegion: "eu-west-1" },
    });
    const { message, problems } = await failure();
    expect(message).toMatch(words);
    expect(message).not.toMatch(/^\s+at /m);
    expect(problems.map(({ file }) => file.replace(`${folder}/`, ""))).toEqual(["broken.ts", "dev.ts"]);
  });

  it("asks for the organization", async () => {
    await write({ "dev.ts": DEV });
    expect(await problems()).toEqual(["organization.ts -"]);
  });

  it("asks for an environment", async () => {
    await write({ "organization.ts": ORGANIZATION });
    const { message } = await failure();
    expect(message).toMatch(/at least one environment/);
  });

  it("names a folder that is not there", async () => {
    const { message } = await failure(join(folder, "nowhere"));
    expect(message).toMatch(/nowhere\n {4}rule: {3}a folder of environments that can be read \(ENOENT/);
  });

  it.each([
    ["a file that is not named after its environment", { "qa.ts": DEV }, ["qa.ts name"]],
    [
      "two files of one environment",
      { "dev.ts": DEV, "dev2.ts": DEV },
      ["dev2.ts name", "dev2.ts name", "dev2.ts vpcCidr"],
    ],
    [
      "two networks that overlap",
      { "dev.ts": DEV, "test.ts": { ...TEST, vpcCidr: "10.20.128.0/20" } },
      ["test.ts vpcCidr"],
    ],
    [
      "two environments of one host name",
      { "dev.ts": DEV, "test.ts": { ...TEST, hostName: DEV.hostName } },
      ["test.ts hostName"],
    ],
    [
      "an environment whose names another's rights would reach",
      { "dev.ts": DEV, "dev-two.ts": { ...TEST, name: "dev-two" } },
      ["dev-two.ts name"],
    ],
    [
      "an environment in another partition than the account's",
      { "dev.ts": { ...DEV, region: "cn-north-1", drRegion: "cn-northwest-1" } },
      ["dev.ts region"],
    ],
    [
      "a recovery copy named like the first",
      { "dev.ts": { ...DEV, region: "eu-west-2", recoveryOf: { region: "eu-west-1" } } },
      ["dev.ts name"],
    ],
    [
      "an environment with the names of another's recovery copy",
      {
        "dev.ts": DEV,
        "dev-eu-west-2.ts": {
          ...TEST,
          name: "dev",
          region: "eu-west-2",
          recoveryOf: { region: "eu-west-1" },
        },
        "dev-us-east-1.ts": {
          ...TEST,
          name: "dev",
          region: "eu-west-2",
          vpcCidr: "10.50.0.0/16",
          recoveryOf: { region: "eu-west-1" },
        },
      },
      ["dev-us-east-1.ts name", "dev-us-east-1.ts name"],
    ],
  ])("refuses %s", async (_what, files: Record<string, object>, expected) => {
    await write({ "organization.ts": ORGANIZATION, ...files });
    expect(await problems()).toEqual(expected);
  });
});

describe("what else is demanded of an environment", () => {
  it("is told with the file, together with what is wrong elsewhere, and only of valid environments", async () => {
    await write({
      "organization.ts": ORGANIZATION,
      "dev.ts": DEV,
      "test.ts": { ...TEST, region: "nowhere-1" },
    });
    const demand = ({ name }: { readonly name: string }) => [
      { field: "load", value: name, rule: "another load", remedy: "write another" },
    ];
    const error = await loadConfiguration(folder, { today: TODAY, demand }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).toMatch(/dev\.ts\n {2}load: "dev"\n {4}rule: {3}another load/);
    expect(String(error)).toMatch(/test\.ts\n {2}region: "nowhere-1"/);
    expect(String(error)).not.toContain('load: "test"');
  });
});
