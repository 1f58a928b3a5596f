import { describe, expect, it } from "vitest";
import prod from "../../environments/prod.js";
import type { Environment } from "../config/environment.js";
import { checkEnvironment } from "../config/validate.js";
import { recoveryCopy, recoveryCopyFile } from "./standby.js";

const TODAY = new Date("2026-11-01");

function checked(input: unknown): Environment {
  const result = checkEnvironment(input, TODAY);
  if ("value" in result) return result.value;
  throw new Error(JSON.stringify(result.findings));
}

const PROD = checked(prod);

describe("the environment that stands for another one elsewhere", () => {
  const { environment: copy, prepared } = recoveryCopy(PROD, [PROD], { to: "eu-central-1" }, TODAY);

  it("is the same environment in the other region, and says whom it stands for", () => {
    expect(prepared).toBe(false);
    expect(copy).toMatchObject({
      name: "prod",
      hostName: PROD.hostName,
      region: "eu-central-1",
      recoveryOf: { region: "eu-west-1" },
    });
  });

  it("replicates to neither the region that is left nor its own", () => {
    expect(["eu-west-1", "eu-central-1"]).not.toContain(copy.drRegion);
    expect(copy.drRegion).toMatch(/^eu-/);
  });

  it("has a network that no other environment has", () => {
    const taken = { ...PROD, name: "dev", vpcCidr: "10.30.0.0/16" };
    const other = recoveryCopy(PROD, [PROD, taken], { to: "eu-central-1" }, TODAY);
    expect(copy.vpcCidr).toBe("10.30.0.0/16");
    expect(other.environment.vpcCidr).toBe("10.31.0.0/16");
  });

  it("is taken from its file where somebody prepared one", () => {
    const file = checked({ ...copy, vpcCidr: "10.99.0.0/16" });
    expect(recoveryCopy(PROD, [PROD, file], { to: "eu-central-1" }, TODAY)).toEqual({
      environment: file,
      prepared: true,
    });
  });

  it("is written as a file that says the same", () => {
    expect(recoveryCopyFile(PROD, copy)).toBe(`import { recoverIn } from "../src/config/environment.js";
import prod from "./prod.js";

export default recoverIn(prod, "eu-central-1", { drRegion: "${copy.drRegion}", vpcCidr: "10.30.0.0/16" });
`);
  });

  it.each([
    ["eu-west-1", /stands in eu-west-1 already/],
    ["us-west-1", /two availability zones/],
    ["cn-north-1", /partition aws .*drRegion eu-central-1/],
    ["eu-middle-1", /Choose one of src\/config\/regions\.ts/],
  ])("cannot be made in %s", (to, message) => {
    expect(() => recoveryCopy(PROD, [PROD], { to }, TODAY)).toThrow(message);
  });

  it("says what is wrong with what was stated of it", () => {
    const wishes = { to: "eu-central-1", drRegion: "eu-central-1" };
    expect(() => recoveryCopy(PROD, [PROD], wishes, TODAY)).toThrow(/drRegion: another region than/);
  });
});
