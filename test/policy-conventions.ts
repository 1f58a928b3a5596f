import { type PolicyStatement, policyDocument } from "@notejam/constructs/core/iam-policy";
import { describe, expect, it } from "vitest";

const INLINE_POLICY_LIMIT = 10_240;
const READS = /^[a-z0-9-]+:(Describe|List|Get|StopQuery$)/;

/** Spelling of KMS for "with or without plaintext, one key or a pair". */
const KMS_FAMILIES = ["kms:GenerateDataKey*", "kms:ReEncrypt*"];

/** Returns the actions of a policy, in order. */
export function actionsOf(statements: readonly PolicyStatement[] = []): string[] {
  return statements.flatMap(({ actions }) => actions ?? []);
}

/** Tests what holds for each policy of a workload: narrow resources, single actions, no identities, the size limit. */
export function describePolicies(policies: Readonly<Record<string, readonly PolicyStatement[]>>): void {
  describe.each(Object.entries(policies))("%s", (_name, statements) => {
    it("allows only reads on all resources", () => {
      const changesEverywhere = statements
        .filter((statement) => statement.resources?.includes("*"))
        // Metrics are not resources. Their namespace limits the permission.
        .filter((statement) => !statement.conditions?.StringEquals?.["cloudwatch:namespace"]);
      expect(actionsOf(changesEverywhere).filter((action) => !READS.test(action))).toEqual([]);
    });

    it("contains no wildcard actions", () => {
      const specific = actionsOf(statements).filter((action) => !KMS_FAMILIES.includes(action));
      expect(specific.filter((action) => action.includes("*"))).toEqual([]);
    });

    it("allows no change of identities", () => {
      const identities = actionsOf(statements).filter((action) => /^(iam|sts|organizations):/.test(action));
      expect(identities).toEqual([]);
    });

    it("fits into an inline policy, with a reserve for resolved tokens", () => {
      expect(policyDocument(statements).length).toBeLessThan(INLINE_POLICY_LIMIT * 0.9);
    });
  });
}
