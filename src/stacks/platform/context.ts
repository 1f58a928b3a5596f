import type { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import type { AwsAccount } from "@notejam/constructs/core/aws-account";
import type { EncryptionKeys } from "@notejam/constructs/kms/encryption-keys";
import type { TerraformStack } from "cdktf";
import type { Environment } from "../../config/environment.js";
import type { Names } from "../../config/names.js";

/** Retention and encryption of an environment's log groups. */
export interface LogSettings {
  readonly retentionDays: number;
  readonly kmsKeyArn: string;
}

/** Inputs that the areas of a platform stack share. */
export interface PlatformContext {
  /** Parent of every construct: construct ids directly below the stack are state addresses. */
  readonly stack: TerraformStack;
  readonly account: AwsAccount;
  readonly environment: Environment;
  readonly names: Names;
  readonly keys: EncryptionKeys;
  readonly logs: LogSettings;
  /** Provider of the DR region. */
  readonly replicaProvider: AwsProvider;
}
