import type { AwsAccount } from "../blocks/aws-account.js";
import type { PolicyStatement } from "../blocks/iam-policy.js";

/**
 * What the cluster autoscaler does: read all groups, resize those tagged as this cluster's.
 *
 * @see https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md#full-cluster-autoscaler-features-policy-recommended
 */
export function clusterAutoscaler(account: AwsAccount, clusterName: string): PolicyStatement[] {
  return [
    {
      sid: "ReadGroups",
      actions: [
        "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DescribeAutoScalingInstances",
        "autoscaling:DescribeLaunchConfigurations",
        "autoscaling:DescribeScalingActivities",
        "autoscaling:DescribeTags",
        "ec2:DescribeImages",
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeLaunchTemplateVersions",
        "ec2:GetInstanceTypesFromInstanceRequirements",
      ],
      // Reason for the star: these calls know no resources.
      resources: ["*"],
    },
    {
      sid: "ReadNodeGroups",
      actions: ["eks:DescribeNodegroup"],
      resources: [account.arn("eks", `nodegroup/${clusterName}/*/*`)],
    },
    {
      sid: "ResizeGroupsOfTheCluster",
      actions: ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
      resources: [account.arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/*")],
      conditions: {
        StringEquals: {
          "aws:ResourceTag/k8s.io/cluster-autoscaler/enabled": "true",
          [`aws:ResourceTag/k8s.io/cluster-autoscaler/${clusterName}`]: "owned",
        },
      },
    },
  ];
}

/**
 * What external-dns does: keep the records of one zone. It cannot touch the records that make the zone work or say who
 * receives its mail.
 *
 * @param zoneArn - the hosted zone's ARN
 * @see https://kubernetes-sigs.github.io/external-dns/latest/docs/tutorials/aws/#iam-policy
 */
export function externalDns(zoneArn: string): PolicyStatement[] {
  return [
    {
      sid: "ChangeAddresses",
      actions: ["route53:ChangeResourceRecordSets"],
      resources: [zoneArn],
      conditions: {
        "ForAllValues:StringEquals": {
          "route53:ChangeResourceRecordSetsRecordTypes": ["A", "AAAA", "CNAME", "TXT"],
        },
      },
    },
    {
      sid: "ReadZone",
      actions: [
        "route53:GetHostedZone",
        "route53:ListResourceRecordSets",
        "route53:ListTagsForResource",
        "route53:ListTagsForResources",
      ],
      resources: [zoneArn],
    },
    {
      sid: "FindZone",
      actions: ["route53:ListHostedZones", "route53:ListHostedZonesByName"],
      // Reason for the star: listing zones knows no resources.
      resources: ["*"],
    },
  ];
}

/**
 * What the EBS CSI driver needs beside `AmazonEBSCSIDriverPolicy`: volumes encrypted by our key.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/ebs-csi.html
 */
export function ebsCsi(volumeKeyArn: string): PolicyStatement[] {
  return [
    {
      sid: "LendKeyToVolumes",
      actions: ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
      resources: [volumeKeyArn],
      conditions: { Bool: { "kms:GrantIsForAWSResource": "true" } },
    },
    {
      sid: "UseKey",
      actions: ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
      resources: [volumeKeyArn],
    },
  ];
}

/**
 * Read one secret (Secrets Manager). The key opens for that secret only, although all secrets share the key.
 *
 * @param secretArn - the secret's whole ARN, with its random ending
 */
export function secretReader(secretArn: string, keyArn: string): PolicyStatement[] {
  return [
    {
      sid: "ReadSecret",
      actions: ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
      resources: [secretArn],
    },
    {
      sid: "OpenSecret",
      actions: ["kms:Decrypt"],
      resources: [keyArn],
      // Secrets Manager's encryption context: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
      conditions: { StringEquals: { "kms:EncryptionContext:SecretARN": secretArn } },
    },
  ];
}

/** Send mail from addresses of one verified identity (SES). */
export function mailSender(identityArn: string): PolicyStatement[] {
  return [{ sid: "SendMail", actions: ["ses:SendEmail", "ses:SendRawEmail"], resources: [identityArn] }];
}

/** Where the bucket of backups keeps dumps (each with its manifest), and the proofs that they could be restored. */
const DUMPS = "dumps/";
const RESTORE_TESTS = "restore-tests/";

/** What backup and drill report to CloudWatch stands in this namespace, which nothing else writes to. */
const BACKUP_METRICS = "Notejam/Backups";

/**
 * Write dumps with their manifests, see which there are and which are proven, and report it. Neither reading nor
 * deleting: who takes over the backup job gets no notes and destroys no history.
 */
export function backupWriter(bucketArn: string, keyArn: string): PolicyStatement[] {
  return [
    {
      sid: "WriteDumps",
      actions: ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"],
      resources: [`${bucketArn}/${DUMPS}*`],
    },
    listBackups(bucketArn, ["s3:ListBucket"]),
    // An upload in parts is decrypted once, to put the parts together.
    useKeyForBucket(bucketArn, keyArn, ["kms:Decrypt", "kms:GenerateDataKey"]),
    reportBackups,
  ];
}

/**
 * Read dumps, also those hidden by a deletion, and write down which of them could be restored. A drill adds proofs and
 * nothing else: it cannot pass off something of its own as a dump.
 */
export function backupReader(bucketArn: string, keyArn: string): PolicyStatement[] {
  return [
    readDumps(bucketArn),
    { sid: "WriteRestoreTests", actions: ["s3:PutObject"], resources: [`${bucketArn}/${RESTORE_TESTS}*`] },
    listBackups(bucketArn, ["s3:ListBucket", "s3:ListBucketVersions"]),
    useKeyForBucket(bucketArn, keyArn, ["kms:Decrypt", "kms:GenerateDataKey"]),
    reportBackups,
  ];
}

/** Read the dumps that another region has sent to a bucket here, also those hidden by a deletion; nothing is written there. */
export function dumpReader(bucketArn: string, keyArn: string): PolicyStatement[] {
  return [
    readDumps(bucketArn),
    listBackups(bucketArn, ["s3:ListBucket", "s3:ListBucketVersions"]),
    useKeyForBucket(bucketArn, keyArn, ["kms:Decrypt"]),
  ];
}

/** Read one repository's images and tags (Flux, which follows new tags). */
export function imageReader(repositoryArn: string): PolicyStatement[] {
  return [
    {
      sid: "SignIn",
      actions: ["ecr:GetAuthorizationToken"],
      // Reason for the star: a sign-in is to the registry, and what it may read is the statement below.
      resources: ["*"],
    },
    {
      sid: "ReadImages",
      actions: [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:DescribeImages",
        "ecr:GetDownloadUrlForLayer",
        "ecr:ListImages",
      ],
      resources: [repositoryArn],
    },
  ];
}

/** Loki's chunks and index in one bucket. It deletes what its own retention ends. */
export function lokiStorage(bucketArn: string, keyArn: string): PolicyStatement[] {
  return [
    {
      sid: "KeepLogs",
      actions: ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
      resources: [`${bucketArn}/*`],
    },
    { sid: "ListLogs", actions: ["s3:ListBucket"], resources: [bucketArn] },
    useKeyForBucket(bucketArn, keyArn, ["kms:Decrypt", "kms:GenerateDataKey"]),
  ];
}

/**
 * Grafana's CloudWatch data source: every metric of the region, and the log groups named.
 *
 * @param logGroupNames - names or name patterns, such as `/aws/eks/notejam-dev/*`
 * @see https://grafana.com/docs/grafana/latest/datasources/aws-cloudwatch/configure/
 */
export function grafanaCloudWatchReader(
  account: AwsAccount,
  logGroupNames: readonly string[],
): PolicyStatement[] {
  return [
    {
      sid: "ReadMetrics",
      actions: [
        "cloudwatch:DescribeAlarmHistory",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:DescribeAlarmsForMetric",
        "cloudwatch:GetInsightRuleReport",
        "cloudwatch:GetMetricData",
        "cloudwatch:ListMetrics",
        "ec2:DescribeInstances",
        "ec2:DescribeRegions",
        "ec2:DescribeTags",
        "logs:DescribeLogGroups",
        "logs:GetQueryResults",
        "logs:StopQuery",
        "tag:GetResources",
      ],
      // Reason for the star: metrics, queries and describe calls know no resources.
      resources: ["*"],
    },
    {
      sid: "ReadLogs",
      actions: ["logs:GetLogEvents", "logs:GetLogGroupFields", "logs:StartQuery"],
      resources: logGroupNames.map((name) => account.arn("logs", `log-group:${name}:*`)),
    },
  ];
}

/** Publish to the topic of alarms, which a key of its own encrypts. */
export function alertPublisher(topicArn: string, keyArn: string): PolicyStatement[] {
  return [
    { sid: "Publish", actions: ["sns:Publish"], resources: [topicArn] },
    {
      sid: "EncryptMessage",
      actions: ["kms:Decrypt", "kms:GenerateDataKey*"],
      resources: [keyArn],
      // SNS's encryption context: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
      conditions: { StringEquals: { "kms:EncryptionContext:aws:sns:topicArn": topicArn } },
    },
  ];
}

function readDumps(bucketArn: string): PolicyStatement {
  return {
    sid: "ReadDumps",
    actions: ["s3:GetObject", "s3:GetObjectVersion"],
    resources: [`${bucketArn}/${DUMPS}*`],
  };
}

function listBackups(bucketArn: string, actions: readonly string[]): PolicyStatement {
  return {
    sid: "ListBackups",
    actions,
    resources: [bucketArn],
    conditions: { StringLike: { "s3:prefix": [`${DUMPS}*`, `${RESTORE_TESTS}*`] } },
  };
}

const reportBackups: PolicyStatement = {
  sid: "ReportBackups",
  actions: ["cloudwatch:PutMetricData"],
  // Reason for the star: metrics are no resources; the namespace is what can be limited.
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-namespace.html
  resources: ["*"],
  conditions: { StringEquals: { "cloudwatch:namespace": BACKUP_METRICS } },
};

/** The key opens for this bucket only, although all buckets share the key. */
function useKeyForBucket(bucketArn: string, keyArn: string, actions: readonly string[]): PolicyStatement {
  return {
    sid: "UseKeyForBucket",
    actions,
    resources: [keyArn],
    // The bucket's ARN where a bucket key is in use, the object's where not:
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#encryption-context
    conditions: { StringLike: { "kms:EncryptionContext:aws:s3:arn": [bucketArn, `${bucketArn}/*`] } },
  };
}
