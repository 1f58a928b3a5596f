import type { TerraformStack } from "cdktf";
import { describe, expect, it } from "vitest";
import { describePolicies } from "../../../test/policy-conventions.js";
import { synthesize } from "../../../test/synthesized-constructs.js";
import { AwsAccount } from "../../core/aws-account.js";
import type { PolicyStatement } from "../../core/iam-policy.js";
import { clusterAutoscaler } from "./cluster-autoscaler.js";
import { ebsCsi } from "./ebs-csi.js";
import { externalDns } from "./external-dns.js";
import { grafanaCloudWatchReader } from "./grafana.js";
import { imageReader } from "./image-reader.js";
import { loadBalancerController } from "./load-balancer-controller.js";
import { lokiStorage } from "./loki.js";
import { mailSender } from "./mail-sender.js";
import { secretReader } from "./secret-reader.js";
import { topicPublisher } from "./topic-publisher.js";

const CLUSTER = "notejam-prod";
const KEY = "arn:aws:kms:eu-west-1:123456789012:key/1";
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
  imageReader: imageReader("arn:aws:ecr:eu-west-1:123456789012:repository/notejam-prod"),
  lokiStorage: lokiStorage("arn:aws:s3:::notejam-loki", KEY),
  grafanaCloudWatchReader: grafanaCloudWatchReader(account(), ["/aws/eks/notejam-prod/*"]),
  topicPublisher: topicPublisher("arn:aws:sns:eu-west-1:123456789012:notejam-prod-alerts", KEY),
};

describePolicies(policies);

describe("policies for shared keys", () => {
  it.each([
    ["secretReader", "kms:EncryptionContext:SecretARN", SECRET],
    ["lokiStorage", "kms:EncryptionContext:aws:s3:arn", "arn:aws:s3:::notejam-loki"],
    ["topicPublisher", "kms:EncryptionContext:aws:sns:topicArn", ":notejam-prod-alerts"],
  ])("%s uses the key for its own data only", (name, context, own) => {
    const useOfKey = policies[name]?.filter((statement) => statement.resources?.includes(KEY)) ?? [];
    expect(useOfKey).toHaveLength(1);
    expect(JSON.stringify(useOfKey[0]?.conditions)).toContain(`"${context}"`);
    expect(JSON.stringify(useOfKey[0]?.conditions)).toContain(own);
  });
});

describe("policies in an account with several clusters", () => {
  it("scales only node groups that are tagged for this cluster", () => {
    const resize = policies.clusterAutoscaler?.find(({ sid }) => sid === "ScaleClusterAutoScalingGroups");
    expect(resize?.conditions?.StringEquals).toEqual({
      "aws:ResourceTag/k8s.io/cluster-autoscaler/enabled": "true",
      "aws:ResourceTag/k8s.io/cluster-autoscaler/notejam-prod": "owned",
    });
  });

  it.each([
    "elasticloadbalancing:DeleteTargetGroup",
    "elasticloadbalancing:RegisterTargets",
    "ec2:DeleteSecurityGroup",
  ])("allows %s only on resources that are tagged for this cluster", (action) => {
    const statements =
      policies.loadBalancerController?.filter((statement) => statement.actions?.includes(action)) ?? [];
    expect(statements.length).toBeGreaterThan(0);
    for (const { conditions } of statements) {
      expect(conditions?.StringEquals?.["aws:ResourceTag/elbv2.k8s.aws/cluster"]).toBe(CLUSTER);
    }
  });

  it.each(["elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:DeleteLoadBalancer"])(
    "does not allow %s, because Terraform owns the load balancer",
    (action) => {
      const actions = policies.loadBalancerController?.flatMap((statement) => statement.actions ?? []);
      expect(actions).not.toContain(action);
    },
  );

  it("does not allow changes of the cluster tag", () => {
    const retag = policies.loadBalancerController?.find(({ sid }) => sid === "TagClusterLoadBalancers");
    expect(retag?.conditions?.Null).toEqual({ "aws:RequestTag/elbv2.k8s.aws/cluster": "true" });
  });

  it("limits external-dns to address and TXT records", () => {
    const change = policies.externalDns?.find(({ sid }) => sid === "ChangeRecords");
    expect(change?.conditions?.["ForAllValues:StringEquals"]).toEqual({
      "route53:ChangeResourceRecordSetsRecordTypes": ["A", "AAAA", "CNAME", "TXT"],
    });
  });
});
