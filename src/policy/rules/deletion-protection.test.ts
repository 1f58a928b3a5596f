import { RdsCluster } from "@cdktf/provider-aws/lib/rds-cluster/index.js";
import type { TerraformStack } from "cdktf";
import { describe, expect, it } from "vitest";
import { violations } from "../../../test/policy-check.js";
import { deletionProtection } from "./deletion-protection.js";

const database = (protectedFromDeletion?: boolean) => (stack: TerraformStack) =>
  new RdsCluster(stack, "database", {
    engine: "aurora-postgresql",
    deletionProtection: protectedFromDeletion,
  });

describe("deletion-protection", () => {
  it.each([[undefined], [false]])(
    "rejects a production database with deletion protection %s",
    (protection) => {
      expect(violations(deletionProtection, database(protection))).toEqual([
        "database has no deletion protection, in a production environment",
      ]);
    },
  );

  it("accepts a protected database in production, and any database outside it", () => {
    expect(violations(deletionProtection, database(true))).toEqual([]);
    expect(violations(deletionProtection, database(false), { production: false })).toEqual([]);
  });
});
