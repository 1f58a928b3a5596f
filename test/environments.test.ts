import { beforeAll, describe, expect, it } from "vitest";
import prod from "../environments/prod.js";
import type { Environment } from "../src/config/environment.js";
import { createStandby } from "../src/config/environment.js";
import { partitionOf, REGIONS } from "../src/config/regions.js";
import { validateEnvironment } from "../src/config/validate.js";
import {
  devAndProd,
  environmentNamed,
  repositoryConfiguration,
  stackNamed,
  synthesizeApp,
  TODAY,
} from "./synthesized-app.js";
import type { Synthesized } from "./synthesized-constructs.js";

describe("dev and prod", () => {
  let stacks: ReadonlyMap<string, Synthesized>;
  beforeAll(async () => {
    stacks = synthesizeApp(await devAndProd());
  });

  it("have the same types of resources, in different sizes", () => {
    const types = stackNamed(stacks, "notejam-dev").types();
    expect(types.length).toBeGreaterThan(50);
    expect(stackNamed(stacks, "notejam-prod").types()).toEqual(types);
  });

  it("keep their states in separate workspaces of one configured organization", () => {
    const clouds = [...stacks].map(([name, stack]) => [name, terraformOf(stack).cloud]);
    expect(clouds).toEqual(
      ["notejam-bootstrap", "notejam-dev", "notejam-dev-gitops", "notejam-prod", "notejam-prod-gitops"].map(
        (name) => [
          name,
          { hostname: "app.terraform.io", organization: "example-notes", workspaces: { name } },
        ],
      ),
    );
  });

  it("have the input variables of the system they replace, with the sensitive ones never stored", () => {
    const { variable } = stackNamed(stacks, "notejam-prod").json as {
      variable: Record<string, VariableBlock>;
    };
    expect(Object.keys(variable).sort()).toEqual([
      "db_name",
      "db_pass",
      "db_pass_version",
      "db_user",
      "github_owner",
    ]);
    const stored = Object.entries(variable).filter(([, { ephemeral }]) => !ephemeral);
    expect(stored.map(([name]) => name).sort()).toEqual(["db_name", "db_pass_version", "github_owner"]);
    expect(stored.some(([, { sensitive }]) => sensitive)).toBe(false);
    for (const [name, { validation }] of Object.entries(variable)) expect(validation, name).toHaveLength(1);
  });

  it("require a Terraform version with write-only arguments", () => {
    for (const [name, stack] of stacks) expect(terraformOf(stack).required_version, name).toBe(">= 1.11.0");
  });
});

describe("an environment in any region", () => {
  it.each(REGIONS)("%s: refers to no other region, zone or partition", async (region) => {
    const text = JSON.stringify(stackNamed(await synthesizeIn(region), "notejam-dev").json);
    const others = REGIONS.filter((other) => other !== region && other !== drRegionOf(region));
    expect(others.filter((other) => text.includes(other))).toEqual([]);
    // Zone names (region and a letter) come from a data source.
    expect(text.match(/\b[a-z]{2}(-gov)?-[a-z]+-\d[a-z]\b/g)).toBeNull();
    expect(text.match(/arn:aws(-cn|-us-gov)?:/g)).toBeNull();
    expect(text.match(/amazonaws\.com\.cn/g)).toBeNull();
  });

  it("is tested in every partition", () => {
    expect(REGIONS.length).toBeGreaterThanOrEqual(15);
    expect(new Set(REGIONS.map(partitionOf))).toEqual(new Set(["aws", "aws-cn", "aws-us-gov"]));
  });
});

describe("a standby", () => {
  const stacks = synthesizeWithStandby();
  const standbyStack = async () => stackNamed(await stacks, "notejam-prod-eu-central-1");

  it("has no name in common with the primary", async () => {
    const primary = globalNames(stackNamed(await stacks, "notejam-prod"));
    const standby = globalNames(await standbyStack());
    expect(primary.length).toBeGreaterThan(20);
    expect(standby.filter((name) => primary.includes(name))).toEqual([]);
  });

  it("does not depend on the primary region", async () => {
    const { json } = await standbyStack();
    const text = JSON.stringify(json).replaceAll("notejam-prod-eu-west-1-backup-replica", "");
    expect(text).not.toContain("eu-west-1");
  });

  it("runs images from the replicated repository and does not create one", async () => {
    const standby = await standbyStack();
    expect(standby.resources("aws_ecr_repository")).toEqual([]);
    expect(standby.data("aws_ecr_repository")).toMatchObject([{ name: "notejam-prod-ecr-registry" }]);
    expect(JSON.stringify(Object(standby.json.output).repository_url)).toContain("data.aws_ecr_repository");
  });

  it("restores notes from the replicated dumps, which it can read but not write", async () => {
    const standby = await standbyStack();
    const replica = stackNamed(await stacks, "notejam-prod")
      .resources("aws_s3_bucket")
      .find(({ provider }) => provider !== undefined);
    const { value } = Object(standby.json.output).restore_bucket;
    expect(value).toBe(replica?.bucket);
    const aliases = stackNamed(await stacks, "notejam-prod").resources("aws_kms_alias");
    const [alias] = standby.data("aws_kms_alias");
    expect(aliases.map(({ name }) => name)).toContain(alias?.name);
    const statements = statementsAbout(standby, String(value));
    expect(statements.map(({ Sid }) => Sid)).toEqual([
      "ReceivedReadDumps",
      "ReceivedListBackups",
      "ReceivedUseKeyForBucket",
    ]);
    expect(
      statements.flatMap(({ Action = [] }) => Action).filter((action) => /Put|Delete/.test(action)),
    ).toEqual([]);
  });
});

async function synthesizeWithStandby(): Promise<ReadonlyMap<string, Synthesized>> {
  const input = createStandby(prod, "eu-central-1", { drRegion: "eu-west-2", vpcCidr: "10.40.0.0/16" });
  const checked = validateEnvironment(input, TODAY);
  if (!("value" in checked)) throw new Error(JSON.stringify(checked.diagnostics));
  const { organization } = await repositoryConfiguration();
  return synthesizeApp({
    organization,
    environments: [await environmentNamed("prod"), checked.value],
  });
}

/** Statements of role policies about a bucket or its key. */
function statementsAbout(stack: Synthesized, bucket: string): Statement[] {
  return stack
    .resources("aws_iam_role_policy")
    .flatMap(({ policy }): Statement[] => JSON.parse(String(policy)).Statement)
    .filter((statement) => JSON.stringify(statement).includes(`:::${bucket}`));
}

interface Statement {
  readonly Sid?: string;
  readonly Action?: readonly string[];
}

interface VariableBlock {
  readonly ephemeral?: boolean;
  readonly sensitive?: boolean;
  readonly validation: readonly unknown[];
}

function terraformOf(stack: Synthesized): Record<string, unknown> {
  return Object(stack.json.terraform);
}

function drRegionOf(region: string): string {
  const partition = partitionOf(region);
  const other = REGIONS.find((candidate) => candidate !== region && partitionOf(candidate) === partition);
  if (other === undefined) throw new Error(`${region} is the only region of its partition`);
  return other;
}

async function synthesizeIn(region: string): Promise<ReadonlyMap<string, Synthesized>> {
  const dev = await environmentNamed("dev");
  const environment: Environment = { ...dev, region, drRegion: drRegionOf(region) };
  const { organization } = await repositoryConfiguration();
  return synthesizeApp({
    organization: { ...organization, bootstrap: { region } },
    environments: [environment],
  });
}

/** Names of resources that are global or unique per account, and of those that are replicated under the same name. */
const GLOBAL_NAMES: Readonly<Record<string, string>> = {
  aws_iam_role: "name",
  aws_iam_policy: "name",
  aws_s3_bucket: "bucket",
  aws_cloudwatch_dashboard: "dashboard_name",
  aws_budgets_budget: "name",
  aws_secretsmanager_secret: "name",
  aws_ecr_repository: "name",
  aws_kms_alias: "name",
};

function globalNames(stack: Synthesized): string[] {
  return Object.entries(GLOBAL_NAMES).flatMap(([type, attribute]) =>
    stack.resources(type).map((resource) => `${type} ${String(resource[attribute])}`),
  );
}
