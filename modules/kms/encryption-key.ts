import { KmsAlias } from "@cdktf/provider-aws/lib/kms-alias/index.js";
import { KmsKey, type KmsKeyConfig } from "@cdktf/provider-aws/lib/kms-key/index.js";
import { KmsReplicaKey } from "@cdktf/provider-aws/lib/kms-replica-key/index.js";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import { type PolicyStatement, policyDocument } from "../core/iam-policy.js";
import { replicaKeyAlias } from "./names.js";

export interface EncryptionKeyProps {
  /** Alias with its prefix, such as `alias/rds-cmk-prod`. */
  readonly alias: string;
  /** Description in the console. */
  readonly description: string;
  /** Key policy. It must allow an identity to administer the key. */
  readonly policy: readonly PolicyStatement[];
  /** Days during which a deletion can be cancelled, 7 to 30. */
  readonly deletionWindowDays: number;
  /** Days between rotations of the key material, 90 to 2560. */
  readonly rotationDays: number;
  /** Multi-Region key. Cannot be changed after creation. */
  readonly multiRegion: boolean;
  /** Arguments of the key that replace those of this construct. @default none */
  readonly overrides?: Partial<KmsKeyConfig>;
}

/** Customer managed KMS key with an alias and automatic rotation. */
export class EncryptionKey extends Construct {
  readonly arn: string;
  readonly keyId: string;

  constructor(scope: Construct, id: string, props: EncryptionKeyProps) {
    super(scope, id);
    const key = new KmsKey(this, "key", {
      description: props.description,
      multiRegion: props.multiRegion,
      enableKeyRotation: true,
      rotationPeriodInDays: props.rotationDays,
      deletionWindowInDays: props.deletionWindowDays,
      policy: policyDocument(props.policy),
      ...props.overrides,
    });
    new KmsAlias(this, "alias", { name: props.alias, targetKeyId: key.keyId });
    this.arn = key.arn;
    this.keyId = key.keyId;
  }
}

export interface ReplicatedEncryptionKeyProps extends Omit<EncryptionKeyProps, "multiRegion"> {
  /** Provider of the DR region. */
  readonly replicaProvider: TerraformProvider;
}

/**
 * Multi-Region key with a replica in the DR region. Both have the same id and key material, so data of one region can be
 * decrypted in the other. KMS rotates the primary key. Each key has its own alias and policy.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
 */
export class ReplicatedEncryptionKey extends EncryptionKey {
  readonly replicaArn: string;

  constructor(scope: Construct, id: string, props: ReplicatedEncryptionKeyProps) {
    super(scope, id, { ...props, multiRegion: true });
    const replica = new KmsReplicaKey(this, "replica", {
      provider: props.replicaProvider,
      primaryKeyArn: this.arn,
      description: `${props.description} (replica)`,
      deletionWindowInDays: props.deletionWindowDays,
      policy: policyDocument(props.policy),
    });
    new KmsAlias(this, "replica-alias", {
      provider: props.replicaProvider,
      name: replicaKeyAlias(props.alias),
      targetKeyId: replica.keyId,
    });
    this.replicaArn = replica.arn;
  }
}
