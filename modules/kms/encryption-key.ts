import { KmsAlias } from "@cdktf/provider-aws/lib/kms-alias/index.js";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key/index.js";
import { KmsReplicaKey } from "@cdktf/provider-aws/lib/kms-replica-key/index.js";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import { type PolicyStatement, policyDocument } from "../blocks/iam-policy.js";
import { replicaKeyAlias } from "./names.js";

export interface EncryptionKeyProps {
  /** Alias with its prefix, such as `alias/rds-cmk-prod`. */
  readonly alias: string;
  /** What the key encrypts, as a person in the console should read it. */
  readonly description: string;
  readonly policy: readonly PolicyStatement[];
  /** Days in which a deletion can be called back, 7 to 30. */
  readonly deletionWindowDays: number;
  /** Days between rotations of the key material, 90 to 2560. */
  readonly rotationDays: number;
  /** May replicas be made in other regions? It can never be changed after the key exists. */
  readonly multiRegion: boolean;
}

/** A customer-managed key with its alias, rotated by KMS. */
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
    });
    new KmsAlias(this, "alias", { name: props.alias, targetKeyId: key.keyId });
    this.arn = key.arn;
    this.keyId = key.keyId;
  }
}

export interface ReplicatedEncryptionKeyProps extends Omit<EncryptionKeyProps, "multiRegion"> {
  /** Where the replica goes. */
  readonly replicaProvider: TerraformProvider;
}

/**
 * A key whose copy in the recovery region has the same id and material: what was encrypted here can be read there, even
 * while this region cannot be reached. Rotation is the primary's alone; alias and policy are each key's own.
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
