import { RdsCluster } from "@cdktf/provider-aws/lib/rds-cluster/index.js";
import type { TerraformStack } from "cdktf";
import { describe, expect, it } from "vitest";
import { findings } from "../../../test/policy-check.js";
import { deletionProtection } from "./deletion-protection.js";

const database = (protectedFromDeletion?: boolean) => (stack: TerraformStack) =>
  new RdsCluster(stack, "database", {
    engine: "aurora-postgresql",
    deletionProtection: protectedFromDeletion,
  });

describe("deletion-protection", () => {
  it.each([[undefined], [false]])("refuses a database in production whose protection is %s", (protection) => {
    expect(findings(deletionProtection, database(protection))).toEqual([
      "database can be deleted, in an environment marked as production",
    ]);
  });

  it("accepts a protected database in production, and any where nobody depends on it", () => {
    expect(findings(deletionProtection, database(true))).toEqual([]);
    expect(findings(deletionProtection, database(false), { production: false })).toEqual([]);
  });
});
