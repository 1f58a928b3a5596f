import type { KmsKeyConfig } from "@cdktf/provider-aws/lib/kms-key/index.js";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import type { AwsAccount } from "../core/aws-account.js";
import type { PolicyStatement } from "../core/iam-policy.js";
import { EncryptionKey, ReplicatedEncryptionKey } from "./encryption-key.js";
import {
  allowAlertSources,
  allowAutoScaling,
  allowCloudWatchLogs,
  enableIamPolicies,
} from "./key-policies.js";
import { type KeyPurpose, keyAlias, type ReplicatedKey } from "./names.js";

export interface EncryptionKeysProps {
  /** Suffix of the aliases, such as `prod` for `alias/rds-cmk-prod`. */
  readonly name: string;
  readonly account: AwsAccount;
  /** Days during which the deletion of a key can be cancelled, 7 to 30. */
  readonly deletionWindowDays: number;
  /** Days between rotations, 90 to 2560. @default 365 */
  readonly rotationDays?: number;
  /** Provider of the DR region. */
  readonly replicaProvider: TerraformProvider;
  /** System that owns the keys, for their descriptions, such as `Notejam prod`. @default the value of `name` */
  readonly system?: string;
  /** Arguments of the primary keys that replace those of this construct, by purpose. @default none */
  readonly overrides?: Readonly<Partial<Record<KeyPurpose, Partial<KmsKeyConfig>>>>;
}

const DELETION_WINDOW_DAYS = { min: 7, max: 30 };
const ROTATION_DAYS = { min: 90, max: 2560, default: 365 };

/**
 * Customer managed KMS keys, one per purpose, so that permission to read one kind of data does not include another.
 *
 * Keys for data that the DR region needs (database snapshots, backups, images, secrets) have a replica there.
 */
export class EncryptionKeys extends Construct {
  /** Storage, snapshots and Performance Insights of Aurora. */
  readonly rds: ReplicatedEncryptionKey;
  /** Kubernetes Secrets in etcd. */
  readonly eks: EncryptionKey;
  /** Volumes of nodes and pods. */
  readonly ebs: EncryptionKey;
  /** Objects in S3 buckets. */
  readonly s3: ReplicatedEncryptionKey;
  /** Container images. */
  readonly ecr: ReplicatedEncryptionKey;
  /** Secrets Manager. */
  readonly secrets: ReplicatedEncryptionKey;
  /** CloudWatch log groups. */
  readonly logs: EncryptionKey;
  /** SNS topic for alarms. */
  readonly alerts: EncryptionKey;

  private readonly props: EncryptionKeysProps;

  constructor(scope: Construct, id: string, props: EncryptionKeysProps) {
    super(scope, id);
    this.props = props;
    this.validateProps();
    const { account } = props;
    this.rds = this.replicatedKey("rds", "Aurora storage and snapshots");
    this.eks = this.key("eks", "Kubernetes secrets");
    this.ebs = this.key("ebs", "Volumes of nodes and pods", allowAutoScaling(account));
    this.s3 = this.replicatedKey("s3", "Objects in buckets");
    this.ecr = this.replicatedKey("ecr", "Container images");
    this.secrets = this.replicatedKey("secrets", "Secrets Manager");
    this.logs = this.key("logs", "CloudWatch log groups", [allowCloudWatchLogs(account)]);
    this.alerts = this.key("alerts", "Alarm notifications", allowAlertSources(account));
  }

  private key(use: KeyPurpose, what: string, users: readonly PolicyStatement[] = []): EncryptionKey {
    return new EncryptionKey(this, use, { ...this.settings(use, what, users), multiRegion: false });
  }

  private replicatedKey(use: ReplicatedKey, what: string): ReplicatedEncryptionKey {
    const { replicaProvider } = this.props;
    return new ReplicatedEncryptionKey(this, use, { ...this.settings(use, what, []), replicaProvider });
  }

  private settings(use: KeyPurpose, what: string, users: readonly PolicyStatement[]) {
    const { account, deletionWindowDays, name, rotationDays = ROTATION_DAYS.default } = this.props;
    const { system = name, overrides } = this.props;
    return {
      alias: keyAlias(use, name),
      description: `${what} of ${system}`,
      policy: [enableIamPolicies(account), ...users],
      deletionWindowDays,
      rotationDays,
      overrides: overrides?.[use],
    };
  }

  private validateProps(): void {
    const { deletionWindowDays, rotationDays = ROTATION_DAYS.default } = this.props;
    this.validateDays("deletionWindowDays", deletionWindowDays, DELETION_WINDOW_DAYS);
    this.validateDays("rotationDays", rotationDays, ROTATION_DAYS);
  }

  private validateDays(prop: string, days: number, { min, max }: { min: number; max: number }): void {
    if (Number.isInteger(days) && days >= min && days <= max) return;
    throw new Error(`${this.node.path}: ${prop} is ${days}. KMS accepts whole days from ${min} to ${max}.`);
  }
}
