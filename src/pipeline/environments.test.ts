import { describe, expect, it } from "vitest";
import { type WorkflowEnvironment, workflowMatrices } from "./environments.js";

const environment = (name: string, more: Partial<WorkflowEnvironment> = {}): WorkflowEnvironment => ({
  name,
  region: "eu-west-1",
  production: false,
  ...more,
});

const DEV = environment("dev");
const PROD = environment("prod", { production: true, promotesFrom: "dev" });

describe("the environments of the workflows", () => {
  it("are deployed without an approval unless they are production", () => {
    const { "non-production": first, production } = workflowMatrices([PROD, DEV, environment("test")]);
    expect({ first, production }).toEqual({ first: ["dev", "test"], production: ["prod"] });
  });

  it("are deployed after the environment that their images come from", () => {
    const acceptance = environment("acceptance", { promotesFrom: "dev" });
    const live = environment("a-live", { production: true, promotesFrom: "prod" });
    const { "non-production": first, production } = workflowMatrices([live, acceptance, PROD, DEV]);
    expect({ first, production }).toEqual({ first: ["dev", "acceptance"], production: ["prod", "a-live"] });
  });

  it("receive builds of main unless they promote releases from another environment", () => {
    const { builds, releases } = workflowMatrices([DEV, PROD, environment("load-test")]);
    expect(builds).toEqual(["dev", "load-test"]);
    expect(releases).toEqual([{ environment: "prod", "source-registry": "DEV_REGISTRY" }]);
  });

  it("name the registry of a source with a hyphen as GitHub's variable does", () => {
    const prod = environment("prod", { promotesFrom: "load-test" });
    const { releases } = workflowMatrices([environment("load-test"), prod]);
    expect(releases).toMatchObject([{ "source-registry": "LOAD_TEST_REGISTRY" }]);
  });

  it("do not include DR replicas", () => {
    const standby = { ...PROD, region: "eu-central-1", standbyOf: { region: "eu-west-1" } };
    expect(workflowMatrices([DEV, PROD, standby])).toEqual(workflowMatrices([DEV, PROD]));
  });

  it("have an order even if two promote from each other", () => {
    const pair = [environment("b", { promotesFrom: "a" }), environment("a", { promotesFrom: "b" })];
    expect(workflowMatrices(pair)["non-production"]).toEqual(["a", "b"]);
  });
});
