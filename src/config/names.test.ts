import { describe, expect, it } from "vitest";
import { gitopsStackOf, isGitopsStack, namesOf, namesTooLong } from "./names.js";
import { REGIONS } from "./regions.js";

describe("namesOf", () => {
  it("names everything of an environment", () => {
    expect(namesOf({ name: "prod", region: "eu-west-1" })).toEqual({
      environmentId: "prod",
      name: "notejam-prod",
      globalName: "notejam-prod-eu-west-1",
      platformStack: "notejam-prod",
      gitopsStack: "notejam-prod-gitops",
      applyTeam: "notejam-prod-apply",
      clusterName: "notejam-prod",
      loadBalancerName: "notejam-prod",
      databaseClusterIdentifier: "notejam-prod",
      databaseSecretName: "notejam/prod/database",
      secretsPrefix: "notejam/prod/",
      grafanaSecretName: "notejam/prod/grafana",
      slackSecretName: "notejam/prod/slack",
      imageRepository: "notejam-prod-ecr-registry",
      registryVariable: "PROD_REGISTRY",
      fluxSource: "prod-source",
    });
  });

  it("gives a standby no name of its primary", () => {
    const first = Object.values(namesOf({ name: "prod", region: "eu-west-1" }));
    const copy = Object.values(
      namesOf({ name: "prod", region: "eu-central-1", standbyOf: { region: "eu-west-1" } }),
    );
    expect(first.filter((name) => copy.includes(name))).toEqual([]);
  });

  it.each(REGIONS)("keeps the names of dev, prod and their standbys within AWS limits in %s", (region) => {
    const first = ["dev", "prod"].map((name) => ({ name, region }));
    const copies = first.map((environment) => ({ ...environment, standbyOf: { region: "us-east-1" } }));
    expect([...first, ...copies].flatMap(namesTooLong)).toEqual([]);
  });
});

describe("namesTooLong", () => {
  it("measures role names to the character", () => {
    const fits = { name: "n".repeat(9), region: "ap-southeast-1" };
    expect(namesTooLong(fits)).toEqual([]);
    expect(namesTooLong({ ...fits, name: "n".repeat(10) }).map(({ of, limit }) => [of, limit])).toEqual([
      ["IAM role", 64],
    ]);
  });

  it("measures bucket names with their account id", () => {
    const kinds = (length: number) =>
      namesTooLong({ name: "n".repeat(length), region: "ap-southeast-1" }).map(({ of, name }) => [
        of,
        name.length,
      ]);
    expect(kinds(11)).toEqual([["IAM role", 66]]);
    expect(kinds(12)).toEqual([["IAM role", 67]]);
    expect(kinds(13)).toEqual([
      ["bucket", 64],
      ["IAM role", 68],
    ]);
  });
});

describe("isGitopsStack", () => {
  it("tells an environment's two stacks apart", () => {
    const { platformStack, gitopsStack } = namesOf({ name: "prod", region: "eu-west-1" });
    expect([platformStack, gitopsStack].map(isGitopsStack)).toEqual([false, true]);
    expect(gitopsStackOf(platformStack)).toBe(gitopsStack);
  });
});
