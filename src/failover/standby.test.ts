import { describe, expect, it } from "vitest";
import prod from "../../environments/prod.js";
import type { Environment } from "../config/environment.js";
import { validateEnvironment } from "../config/validate.js";
import { findStandby, standbyFile } from "./standby.js";

const TODAY = new Date("2026-11-01");

function checked(input: unknown): Environment {
  const result = validateEnvironment(input, TODAY);
  if ("value" in result) return result.value;
  throw new Error(JSON.stringify(result.diagnostics));
}

const PROD = checked(prod);

describe("findStandby", () => {
  const { environment: standby, hasFile } = findStandby(PROD, [PROD], { to: "eu-central-1" }, TODAY);

  it("is the same environment in the other region, with a reference to its primary", () => {
    expect(hasFile).toBe(false);
    expect(standby).toMatchObject({
      name: "prod",
      hostName: PROD.hostName,
      region: "eu-central-1",
      standbyOf: { region: "eu-west-1" },
    });
  });

  it("has a DR region that is neither the primary's nor its own", () => {
    expect(["eu-west-1", "eu-central-1"]).not.toContain(standby.drRegion);
    expect(standby.drRegion).toMatch(/^eu-/);
  });

  it("has a free network", () => {
    const taken = { ...PROD, name: "dev", vpcCidr: "10.30.0.0/16" };
    const other = findStandby(PROD, [PROD, taken], { to: "eu-central-1" }, TODAY);
    expect(standby.vpcCidr).toBe("10.30.0.0/16");
    expect(other.environment.vpcCidr).toBe("10.31.0.0/16");
  });

  it("is read from its file if there is one", () => {
    const file = checked({ ...standby, vpcCidr: "10.99.0.0/16" });
    expect(findStandby(PROD, [PROD, file], { to: "eu-central-1" }, TODAY)).toEqual({
      environment: file,
      hasFile: true,
    });
  });

  it("can be written to a file", () => {
    expect(standbyFile(PROD, standby)).toBe(`import { createStandby } from "../src/config/environment.js";
import prod from "./prod.js";

export default createStandby(prod, "eu-central-1", { drRegion: "${standby.drRegion}", vpcCidr: "10.30.0.0/16" });
`);
  });

  it.each([
    ["eu-west-1", /already in eu-west-1/],
    ["us-west-1", /two availability zones/],
    ["cn-north-1", /partition aws\..*drRegion eu-central-1/],
    ["eu-middle-1", /Choose one of src\/config\/regions\.ts/],
  ])("rejects %s", (to, message) => {
    expect(() => findStandby(PROD, [PROD], { to }, TODAY)).toThrow(message);
  });

  it("lists errors in its options", () => {
    const options = { to: "eu-central-1", drRegion: "eu-central-1" };
    expect(() => findStandby(PROD, [PROD], options, TODAY)).toThrow(
      /drRegion: .* is not allowed \[regions\]\n {4}allowed: another region than/,
    );
  });
});
