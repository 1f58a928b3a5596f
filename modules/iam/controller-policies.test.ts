import type { TerraformStack } from "cdktf";
import { describe, expect, it } from "vitest";
import { synthesize } from "../../test/synthesized-constructs.js";
import { AwsAccount } from "../blocks/aws-account.js";
import { type PolicyStatement, policyDocument } from "../blocks/iam-policy.js";
import {
  alertPublisher,
  backupReader,
  backupWriter,
  clusterAutoscaler,
  dumpReader,
  ebsCsi,
  externalDns,
  grafanaCloudWatchReader,
  imageReader,
  lokiStorage,
  mailSender,
  secretReader,
} from "./controller-policies.js";
import { loadBalancerController } from "./load-balancer-controller-policy.js";

const CLUSTER = "notejam-prod";
const KEY = "arn:aws:kms:eu-west-1:123456789012:key/1";
const BUCKET = "arn:aws:s3:::notejam-backup";
const SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:notejam/prod/database-AbCdEf";

function account(): AwsAccount {
  let made: AwsAccount | undefined;
  synthesize((scope: TerraformStack) => {
    made = new AwsAccount(scope, "account", { region: "eu-west-1" });
  });
  if (!made) throw new Error("the stack was not built");
  return made;
}

const policies: Record<string, readonly PolicyStatement[]> = {
  loadBalancerController: loadBalancerController(account(), CLUSTER),
  clusterAutoscaler: clusterAutoscaler(account(), CLUSTER),
  externalDns: externalDns("arn:aws:route53:::hostedzone/Z1"),
  ebsCsi: ebsCsi(KEY),
  secretReader: secretReader(SECRET, KEY),
  mailSender: mailSender("arn:aws:ses:eu-west-1:123456789012:identity/example.org"),
  backupWriter: backupWriter(BUCKET, KEY),
  backupReader: backupReader(BUCKET, KEY),
  dumpReader: dumpReader(BUCKET, KEY),
  imageReader: imageReader("arn:aws:ecr:eu-west-1:123456789012:repository/notejam-prod"),
  lokiStorage: lokiStorage("arn:aws:s3:::notejam-loki", KEY),
  grafanaCloudWatchReader: grafanaCloudWatchReader(account(), ["/aws/eks/notejam-prod/*"]),
  alertPublisher: alertPublisher("arn:aws:sns:eu-west-1:123456789012:notejam-prod-alerts", KEY),
};

const INLINE_POLICY_LIMIT = 10_240;
const READS = /^[a-z0-9-]+:(Describe|List|Get|StopQuery$)/;

const actionsOf = (name: string) => (policies[name] ?? []).flatMap((statement) => statement.actions ?? []);

describe.each(Object.entries(policies))("%s", (_name, statements) => {
  it("opens every resource for reading only", () => {
    const changesEverywhere = statements
      .filter((statement) => statement.resources?.includes("*"))
      // Metrics are no resources; their namespace stands in for one.
      .filter((statement) => !statement.conditions?.StringEquals?.["cloudwatch:namespace"])
      .flatMap((statement) => statement.actions ?? [])
      .filter((action) => !READS.test(action));
    expect(changesEverywhere).toEqual([]);
  });

  it("names its actions one by one", () => {
    const families = statements
      .flatMap((statement) => statement.actions ?? [])
      // KMS's own spelling of "with or without plaintext, one key or a pair".
      .filter((action) => !["kms:GenerateDataKey*", "kms:ReEncrypt*"].includes(action))
      .filter((action) => action.includes("*"));
    expect(families).toEqual([]);
  });

  it("gives no rights over identities", () => {
    const identities = statements
      .flatMap((statement) => statement.actions ?? [])
      .filter((action) => /^(iam|sts|organizations):/.test(action));
    expect(identities).toEqual([]);
  });

  it("fits into a role's inline policy, with tokens resolved to something longer", () => {
    expect(policyDocument(statements).length).toBeLessThan(INLINE_POLICY_LIMIT * 0.9);
  });
});

describe("who may do what with dumps", () => {
  it("lets the backup job add dumps and see their names, never read, change or delete one", () => {
    expect(actionsOf("backupWriter").filter((action) => action.startsWith("s3:"))).toEqual([
      "s3:AbortMultipartUpload",
      "s3:ListMultipartUploadParts",
      "s3:PutObject",
      "s3:ListBucket",
    ]);
  });

  it("lets the restore read dumps, those hidden by a deletion included, and write proofs alone", () => {
    expect(actionsOf("backupReader").filter((action) => action.startsWith("s3:"))).toEqual([
      "s3:GetObject",
      "s3:GetObjectVersion",
      "s3:PutObject",
      "s3:ListBucket",
      "s3:ListBucketVersions",
    ]);
    const objects = (action: string) =>
      policies.backupReader?.find(({ actions }) => actions?.includes(action))?.resources;
    expect(objects("s3:GetObject")).toEqual([`${BUCKET}/dumps/*`]);
    expect(objects("s3:PutObject")).toEqual([`${BUCKET}/restore-tests/*`]);
  });

  it("lets the backup job write below dumps/ only", () => {
    const write = policies.backupWriter?.find(({ actions }) => actions?.includes("s3:PutObject"));
    expect(write?.resources).toEqual([`${BUCKET}/dumps/*`]);
  });

  it("dumpReader, whose bucket belongs to another region, writes nothing there", () => {
    expect(actionsOf("dumpReader")).toEqual([
      "s3:GetObject",
      "s3:GetObjectVersion",
      "s3:ListBucket",
      "s3:ListBucketVersions",
      "kms:Decrypt",
    ]);
  });

  it.each(["backupWriter", "backupReader", "dumpReader"])(
    "%s lists dumps and proofs, and no other prefix",
    (name) => {
      const list = policies[name]?.find(({ actions }) => actions?.includes("s3:ListBucket"));
      expect(list?.conditions).toEqual({ StringLike: { "s3:prefix": ["dumps/*", "restore-tests/*"] } });
    },
  );

  it.each(["backupWriter", "backupReader"])("%s reports in the namespace of backups only", (name) => {
    const report = policies[name]?.filter(({ actions }) => actions?.includes("cloudwatch:PutMetricData"));
    expect(report).toMatchObject([
      { conditions: { StringEquals: { "cloudwatch:namespace": "Notejam/Backups" } } },
    ]);
  });
});

describe("keys shared by many", () => {
  it.each([
    ["secretReader", "kms:EncryptionContext:SecretARN", SECRET],
    ["backupReader", "kms:EncryptionContext:aws:s3:arn", BUCKET],
    ["lokiStorage", "kms:EncryptionContext:aws:s3:arn", "arn:aws:s3:::notejam-loki"],
    ["alertPublisher", "kms:EncryptionContext:aws:sns:topicArn", ":notejam-prod-alerts"],
  ])("%s opens the key for its own data only", (name, context, own) => {
    const useOfKey = policies[name]?.filter((statement) => statement.resources?.includes(KEY)) ?? [];
    expect(useOfKey).toHaveLength(1);
    expect(JSON.stringify(useOfKey[0]?.conditions)).toContain(`"${context}"`);
    expect(JSON.stringify(useOfKey[0]?.conditions)).toContain(own);
  });
});

describe("controllers that share an account with other clusters", () => {
  it("resizes only node groups tagged as this cluster's", () => {
    const resize = policies.clusterAutoscaler?.find(({ sid }) => sid === "ResizeGroupsOfTheCluster");
    expect(resize?.conditions?.StringEquals).toEqual({
      "aws:ResourceTag/k8s.io/cluster-autoscaler/enabled": "true",
      "aws:ResourceTag/k8s.io/cluster-autoscaler/notejam-prod": "owned",
    });
  });

  it.each([
    "elasticloadbalancing:DeleteTargetGroup",
    "elasticloadbalancing:RegisterTargets",
    "ec2:DeleteSecurityGroup",
  ])("%s only where the tag names this cluster", (action) => {
    const statements =
      policies.loadBalancerController?.filter((statement) => statement.actions?.includes(action)) ?? [];
    expect(statements.length).toBeGreaterThan(0);
    for (const { conditions } of statements) {
      expect(conditions?.StringEquals?.["aws:ResourceTag/elbv2.k8s.aws/cluster"]).toBe(CLUSTER);
    }
  });

  it.each(["elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:DeleteLoadBalancer"])(
    "%s is left to Terraform, whose load balancer would go with the last ingress",
    (action) => {
      const actions = policies.loadBalancerController?.flatMap((statement) => statement.actions ?? []);
      expect(actions).not.toContain(action);
    },
  );

  it("cannot claim another cluster's load balancer by moving the tag", () => {
    const retag = policies.loadBalancerController?.find(({ sid }) => sid === "TagOwnLoadBalancers");
    expect(retag?.conditions?.Null).toEqual({ "aws:RequestTag/elbv2.k8s.aws/cluster": "true" });
  });

  it("keeps external-dns away from the zone's delegation and mail", () => {
    const change = policies.externalDns?.find(({ sid }) => sid === "ChangeAddresses");
    expect(change?.conditions?.["ForAllValues:StringEquals"]).toEqual({
      "route53:ChangeResourceRecordSetsRecordTypes": ["A", "AAAA", "CNAME", "TXT"],
    });
  });
});
