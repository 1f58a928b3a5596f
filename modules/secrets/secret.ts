import {
  SecretsmanagerSecret,
  type SecretsmanagerSecretConfig,
} from "@cdktf/provider-aws/lib/secretsmanager-secret/index.js";
import { SecretsmanagerSecretVersion } from "@cdktf/provider-aws/lib/secretsmanager-secret-version/index.js";
import { Construct } from "constructs";
import { EphemeralResource } from "../core/ephemeral-resource.js";
import { jsonencode } from "../core/terraform-functions.js";

export interface SecretProps {
  /** Name, such as `notejam/prod/grafana`. */
  readonly name: string;
  /** Description in the console. */
  readonly description: string;
  readonly kmsKeyArn: string;
  /** Days during which the deletion can be cancelled: 0 (deleted at once) or 7 to 30. */
  readonly recoveryWindowDays: number;
  /** Initial value. It may contain tokens of ephemeral values, because the argument is write-only. */
  readonly initialValue: Readonly<Record<string, string>>;
  /** Arguments of the secret that replace those of this construct. @default none */
  readonly overrides?: Partial<SecretsmanagerSecretConfig>;
}

/**
 * Secret with an unmanaged value: created once with an initial value. Later changes happen outside Terraform.
 *
 * The value is neither in plans nor in state.
 */
export class Secret extends Construct {
  readonly arn: string;
  readonly name: string;

  constructor(scope: Construct, id: string, props: SecretProps) {
    super(scope, id);
    const secret = new SecretsmanagerSecret(this, "secret", {
      name: props.name,
      description: props.description,
      kmsKeyId: props.kmsKeyArn,
      recoveryWindowInDays: props.recoveryWindowDays,
      ...props.overrides,
    });
    new SecretsmanagerSecretVersion(this, "value", {
      secretId: secret.id,
      secretStringWo: jsonencode(props.initialValue),
      secretStringWoVersion: 1,
    });
    this.arn = secret.arn;
    this.name = props.name;
  }
}

const PASSWORD_LENGTH = 40;

/**
 * Generates a password of 40 letters and digits with Secrets Manager. Each run generates another one, so use it only as an
 * initial value.
 *
 * @returns reference to an ephemeral value
 */
export function randomPassword(scope: Construct, id: string): string {
  return new EphemeralResource(scope, id, {
    type: "aws_secretsmanager_random_password",
    config: { password_length: PASSWORD_LENGTH, exclude_punctuation: true },
  }).attribute("random_password");
}
