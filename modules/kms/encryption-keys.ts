import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import type { AwsAccount } from "../blocks/aws-account.js";
import type { PolicyStatement } from "../blocks/iam-policy.js";
import { EncryptionKey, ReplicatedEncryptionKey } from "./encryption-key.js";
import { accountDecides, alertSources, autoScaling, cloudWatchLogs } from "./key-policies.js";
import { type KeyPurpose, keyAlias, type ReplicatedKey } from "./names.js";

export interface EncryptionKeysProps {
  /** What the aliases end in: the instance's name, such as `prod` (`alias/rds-cmk-prod`). */
  readonly name: string;
  readonly account: AwsAccount;
  /** Days in which a key's deletion can be called back, 7 to 30. */
  readonly deletionWindowDays: number;
  /** Days between rotations, 90 to 2560. @default 365 */
  readonly rotationDays?: number;
  /** Provider of the recovery region. */
  readonly replicaProvider: TerraformProvider;
}

const DELETION_WINDOW_DAYS = { min: 7, max: 30 };
const ROTATION_DAYS = { min: 90, max: 2560, default: 365 };

/**
 * One customer-managed key per purpose, so that the right to read one kind of data is not the right to read another.
 *
 * What has to be readable in the recovery region (database snapshots, dumps, images, secrets) has a replica key there.
 */
export class EncryptionKeys extends Construct {
  /** Aurora's storage, snapshots and Performance Insights. */
  readonly rds: ReplicatedEncryptionKey;
  /** Kubernetes secrets in the cluster's etcd. */
  readonly eks: EncryptionKey;
  /** Volumes of the worker nodes and of pods. */
  readonly ebs: EncryptionKey;
  /** Objects of the buckets: database dumps, logs. */
  readonly s3: ReplicatedEncryptionKey;
  /** Container images. */
  readonly ecr: ReplicatedEncryptionKey;
  /** Secrets Manager. */
  readonly secrets: ReplicatedEncryptionKey;
  /** CloudWatch log groups. */
  readonly logs: EncryptionKey;
  /** The topic that carries alarms. */
  readonly alerts: EncryptionKey;

  private readonly props: EncryptionKeysProps;

  constructor(scope: Construct, id: string, props: EncryptionKeysProps) {
    super(scope, id);
    this.props = props;
    this.refuseWhatKmsRefuses();
    const { account } = props;
    this.rds = this.replicatedKey("rds", "Aurora storage and snapshots");
    this.eks = this.key("eks", "Kubernetes secrets");
    this.ebs = this.key("ebs", "Volumes of nodes and pods", autoScaling(account));
    this.s3 = this.replicatedKey("s3", "Objects in buckets");
    this.ecr = this.replicatedKey("ecr", "Container images");
    this.secrets = this.replicatedKey("secrets", "Secrets Manager");
    this.logs = this.key("logs", "CloudWatch log groups", [cloudWatchLogs(account)]);
    this.alerts = this.key("alerts", "Alarm notifications", alertSources(account));
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
    return {
      alias: keyAlias(use, name),
      description: `${what} of Notejam ${name}`,
      policy: [accountDecides(account), ...users],
      deletionWindowDays,
      rotationDays,
    };
  }

  private refuseWhatKmsRefuses(): void {
    const { deletionWindowDays, rotationDays = ROTATION_DAYS.default } = this.props;
    this.refuseOutside("deletionWindowDays", deletionWindowDays, DELETION_WINDOW_DAYS);
    this.refuseOutside("rotationDays", rotationDays, ROTATION_DAYS);
  }

  private refuseOutside(prop: string, days: number, { min, max }: { min: number; max: number }): void {
    if (Number.isInteger(days) && days >= min && days <= max) return;
    throw new Error(
      `${this.node.path}: ${prop} is ${days}; KMS takes whole days from ${min} to ${max}. Choose one of those.`,
    );
  }
}
