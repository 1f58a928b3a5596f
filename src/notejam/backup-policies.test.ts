import { describe, expect, it } from "vitest";
import { actionsOf, describePolicies } from "../../test/policy-conventions.js";
import { backupReader, backupWriter, dumpReader } from "./backup-policies.js";

const KEY = "arn:aws:kms:eu-west-1:123456789012:key/1";
const BUCKET = "arn:aws:s3:::notejam-backup";

const policies = {
  backupWriter: backupWriter(BUCKET, KEY),
  backupReader: backupReader(BUCKET, KEY),
  dumpReader: dumpReader(BUCKET, KEY),
};
type Name = keyof typeof policies;

const statementWith = (name: Name, action: string) =>
  policies[name].find(({ actions }) => actions?.includes(action));
const bucketActions = (name: Name) => actionsOf(policies[name]).filter((action) => action.startsWith("s3:"));

describePolicies(policies);

describe("policies of backup and restore", () => {
  it("lets the backup job add dumps and list them, but never read, change or delete one", () => {
    expect(bucketActions("backupWriter")).toEqual([
      "s3:AbortMultipartUpload",
      "s3:ListMultipartUploadParts",
      "s3:PutObject",
      "s3:ListBucket",
    ]);
  });

  it("lets the restore read dumps in all versions, and write only results of restore tests", () => {
    expect(bucketActions("backupReader")).toEqual([
      "s3:GetObject",
      "s3:GetObjectVersion",
      "s3:PutObject",
      "s3:ListBucket",
      "s3:ListBucketVersions",
    ]);
    expect(statementWith("backupReader", "s3:GetObject")?.resources).toEqual([`${BUCKET}/dumps/*`]);
    expect(statementWith("backupReader", "s3:PutObject")?.resources).toEqual([`${BUCKET}/restore-tests/*`]);
  });

  it("lets the backup job write below dumps/ only", () => {
    expect(statementWith("backupWriter", "s3:PutObject")?.resources).toEqual([`${BUCKET}/dumps/*`]);
  });

  it("lets the restore of a standby only read the replica bucket", () => {
    expect(actionsOf(policies.dumpReader)).toEqual([
      "s3:GetObject",
      "s3:GetObjectVersion",
      "s3:ListBucket",
      "s3:ListBucketVersions",
      "kms:Decrypt",
    ]);
  });

  it.each(["backupWriter", "backupReader", "dumpReader"] as const)("%s lists no other prefix", (name) => {
    expect(statementWith(name, "s3:ListBucket")?.conditions).toEqual({
      StringLike: { "s3:prefix": ["dumps/*", "restore-tests/*"] },
    });
  });

  it.each(["backupWriter", "backupReader"] as const)(
    "%s reports in the namespace of backups only",
    (name) => {
      expect(statementWith(name, "cloudwatch:PutMetricData")?.conditions).toEqual({
        StringEquals: { "cloudwatch:namespace": "Notejam/Backups" },
      });
    },
  );

  it.each(["backupWriter", "backupReader", "dumpReader"] as const)(
    "%s uses the key for the bucket only",
    (name) => {
      expect(statementWith(name, "kms:Decrypt")?.conditions).toEqual({
        StringLike: { "kms:EncryptionContext:aws:s3:arn": [BUCKET, `${BUCKET}/*`] },
      });
    },
  );
});
