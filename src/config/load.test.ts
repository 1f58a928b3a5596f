import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UserError } from "../user-error.js";
import { fieldErrors } from "./field-error.js";
import { loadConfiguration } from "./load.js";
import { namesOf } from "./names.js";

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

async function failure(directory = folder): Promise<UserError> {
  try {
    await loadConfiguration(directory, { today: TODAY });
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("the configuration was accepted");
}

/** The errors as `file field`, without the folder. */
async function errors(): Promise<string[]> {
  const { diagnostics } = await failure();
  return diagnostics.map(({ where }) => `${where.source?.replace(`${folder}/`, "")} ${where.subject ?? "-"}`);
}

describe("loadConfiguration", () => {
  it("loads the project's own environments", async () => {
    const { environments, organization } = await loadConfiguration("environments", { today: TODAY });
    const production = new Map(
      environments.map((environment) => [namesOf(environment).environmentId, environment.production]),
    );
    expect([production.get("dev"), production.get("prod")]).toEqual([false, true]);
    expect(organization.terraformCloud.project).toBe("notejam");
  });

  it("adds an environment for a new file", async () => {
    await write({ "organization.ts": ORGANIZATION, "dev.ts": DEV, "test.ts": TEST });
    const { environments } = await loadConfiguration(folder, { today: TODAY });
    expect(environments.map(({ name }) => name)).toEqual(["dev", "test"]);
  });

  it("loads a standby after its primary", async () => {
    const copy = {
      ...DEV,
      region: "eu-central-1",
      drRegion: "eu-west-1",
      vpcCidr: "10.40.0.0/16",
      standbyOf: { region: "eu-west-1" },
    };
    await write({ "organization.ts": ORGANIZATION, "dev.ts": DEV, "dev-eu-central-1.ts": copy });
    const { environments } = await loadConfiguration(folder, { today: TODAY });
    expect(environments.map((environment) => namesOf(environment).name)).toEqual([
      "notejam-dev",
      "notejam-dev-eu-central-1",
    ]);
  });

  it("loads an environment that promotes from another", async () => {
    const test = { ...TEST, promotesFrom: "dev" };
    await write({ "organization.ts": ORGANIZATION, "dev.ts": DEV, "test.ts": test });
    const { environments } = await loadConfiguration(folder, { today: TODAY });
    expect(environments.map(({ promotesFrom }) => promotesFrom)).toEqual([undefined, "dev"]);
  });

  it.each(["test", "prod", "notejam-dev"])("rejects promotion from %s", async (promotesFrom) => {
    const test = { ...TEST, promotesFrom };
    await write({ "organization.ts": ORGANIZATION, "dev.ts": DEV, "test.ts": test });
    expect(await errors()).toEqual(["test.ts promotesFrom"]);
    expect((await failure()).message).toContain(
      "another environment of this folder without promotesFrom: dev",
    );
  });

  it("does not report a promotion from an environment that has errors", async () => {
    const [dev, test] = [
      { ...DEV, vpcCidr: "10.20.0.0/99" },
      { ...TEST, promotesFrom: "dev" },
    ];
    await write({ "organization.ts": ORGANIZATION, "dev.ts": dev, "test.ts": test });
    expect(await errors()).toEqual(["dev.ts vpcCidr"]);
  });

  it("loads the GitHub ids", async () => {
    const githubIds = { owner: 12, repositories: { notejam: 34 } };
    await write({ "organization.ts": { ...ORGANIZATION, githubIds }, "dev.ts": DEV });
    expect((await loadConfiguration(folder, { today: TODAY })).organization.githubIds).toEqual(githubIds);
  });

  it("requires an id for each repository if there are ids", async () => {
    const githubIds = { owner: 12, repositories: { notejam: 34 } };
    const dev = { ...DEV, githubRepositories: ["notejam", "notes"] };
    await write({ "organization.ts": { ...ORGANIZATION, githubIds }, "dev.ts": dev });
    expect(await errors()).toEqual(["dev.ts githubRepositories"]);
  });

  it("ignores tests, declarations and other file types", async () => {
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

  it("lists all errors of all files in one message", async () => {
    await write({
      "organization.ts": { ...ORGANIZATION, bootstrap: { region: "eu-wst-1" } },
      "dev.ts": { ...DEV, vpcCidr: "10.20.0.0/24", natGatways: "single", budget: undefined },
      "test.ts": { ...TEST, drRegion: "eu-west-1", backups: { retentionDays: 365 } },
    });
    const error = await failure();
    expect(error.message.replaceAll(folder, "environments")).toMatchInlineSnapshot(`
      "The configuration has 6 errors in 3 files.

      environments/organization.ts
        bootstrap.region: "eu-wst-1" is not allowed [regions]
          allowed: an AWS region with EKS, Aurora PostgreSQL, WAF and at least three availability zones
          fix:     did you mean "eu-west-1"? choose one of the regions in src/config/regions.ts

      environments/dev.ts
        vpcCidr: "10.20.0.0/24" is not allowed [schema]
          allowed: an IPv4 network from /16 (the AWS maximum) to /20 (the minimum for the pods in three zones), no host bits set
          fix:     write it like "192.168.0.0/16"
        budget: is missing [schema]
          allowed: required, without a default: an object { monthlyUsd, emails }
          fix:     write it like { monthlyUsd: 500, emails: ["platform@example.com"] }
        natGatways: is not a known field [schema]
          fix:     did you mean "natGateways"?

      environments/test.ts
        backups.retentionDays: 365 is not allowed [schema]
          allowed: a whole number from 1095 to 36500: days; users can ask for a deleted note for three years
          fix:     write 1095 or more
        drRegion: "eu-west-1" is not allowed [regions]
          allowed: another region than that of the environment, because replicas must survive its loss
          fix:     choose a region of the partition aws, such as "eu-central-1""
    `);
  });

  it("truncates a long value", async () => {
    await write({ "organization.ts": ORGANIZATION, "dev.ts": { ...DEV, name: "x".repeat(200) } });
    const { message } = await failure();
    expect(message).toContain(`name: "${"x".repeat(78)}… is not allowed`);
  });

  it.each([
    ["does not parse", "export default {{", /cannot be loaded as a TypeScript module/],
    ["throws", 'throw new Error("no such value");', /no such value/],
    ["imports what is not there", 'import "./nowhere.js"; export default {};', /nowhere/],
    ["has no default export", "export const dev = {};", /default export: is missing/],
    ["exports a function", "export default () => {};", /an object/],
  ])("reports a file that %s together with other errors", async (_what, text, words) => {
    await write({
      "organization.ts": ORGANIZATION,
      "broken.ts": text,
      "dev.ts": { ...DEV, drRegion: "eu-west-1" },
    });
    const { message, diagnostics } = await failure();
    expect(message).toMatch(words);
    expect(message).not.toMatch(/^\s+at /m);
    expect(diagnostics.map(({ where }) => where.source?.replace(`${folder}/`, ""))).toEqual([
      "broken.ts",
      "dev.ts",
    ]);
  });

  it("requires an organization", async () => {
    await write({ "dev.ts": DEV });
    expect(await errors()).toEqual(["organization.ts -"]);
  });

  it("requires an environment", async () => {
    await write({ "organization.ts": ORGANIZATION });
    const { message } = await failure();
    expect(message).toMatch(/has no environment/);
  });

  it("reports a folder that does not exist", async () => {
    const { message } = await failure(join(folder, "nowhere"));
    expect(message).toMatch(/nowhere\n {2}is not a readable folder \(ENOENT/);
  });

  it.each([
    ["a file with another name than its environment", { "qa.ts": DEV }, ["qa.ts name"]],
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
      "two environments with the same host name",
      { "dev.ts": DEV, "test.ts": { ...TEST, hostName: DEV.hostName } },
      ["test.ts hostName"],
    ],
    [
      "an environment whose name is a prefix of another",
      { "dev.ts": DEV, "dev-two.ts": { ...TEST, name: "dev-two" } },
      ["dev-two.ts name"],
    ],
    [
      "an environment in another partition than the account",
      { "dev.ts": { ...DEV, region: "cn-north-1", drRegion: "cn-northwest-1" } },
      ["dev.ts region"],
    ],
    [
      "a standby with the file name of its primary",
      { "dev.ts": { ...DEV, region: "eu-west-2", standbyOf: { region: "eu-west-1" } } },
      ["dev.ts name"],
    ],
    [
      "an environment with the names of another standby",
      {
        "dev.ts": DEV,
        "dev-eu-west-2.ts": {
          ...TEST,
          name: "dev",
          region: "eu-west-2",
          standbyOf: { region: "eu-west-1" },
        },
        "dev-us-east-1.ts": {
          ...TEST,
          name: "dev",
          region: "eu-west-2",
          vpcCidr: "10.50.0.0/16",
          standbyOf: { region: "eu-west-1" },
        },
      },
      ["dev-us-east-1.ts name", "dev-us-east-1.ts name"],
    ],
  ])("rejects %s", async (_what, files: Record<string, object>, expected) => {
    await write({ "organization.ts": ORGANIZATION, ...files });
    expect(await errors()).toEqual(expected);
  });
});

describe("additional checks", () => {
  it("run on valid environments, and are reported with the file and with other errors", async () => {
    await write({
      "organization.ts": ORGANIZATION,
      "dev.ts": DEV,
      "test.ts": { ...TEST, region: "nowhere-1" },
    });
    const check = ({ name }: { readonly name: string }) => [
      fieldErrors("capacity")("load", name, "another load", "write another"),
    ];
    const error = await loadConfiguration(folder, { today: TODAY, check }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toMatch(
      /dev\.ts\n {2}load: "dev" is not allowed \[capacity\]\n {4}allowed: another load/,
    );
    expect(String(error)).toMatch(/test\.ts\n {2}region: "nowhere-1" is not allowed/);
    expect(String(error)).not.toContain('load: "test"');
  });
});
