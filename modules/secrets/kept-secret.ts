import { SecretsmanagerSecret } from "@cdktf/provider-aws/lib/secretsmanager-secret/index.js";
import { SecretsmanagerSecretVersion } from "@cdktf/provider-aws/lib/secretsmanager-secret-version/index.js";
import { Construct } from "constructs";
import { EphemeralResource } from "../blocks/ephemeral-resource.js";
import { jsonencode } from "../blocks/terraform-functions.js";

export interface KeptSecretProps {
  /** Such as `notejam/prod/grafana`. */
  readonly name: string;
  /** What it is for, as people read it in the console. */
  readonly description: string;
  readonly kmsKeyArn: string;
  /** Days in which a deletion can be called back: 0 (at once) or 7 to 30. */
  readonly recoveryWindowDays: number;
  /** What it holds first. Tokens of ephemeral values are fine: it is written through a write-only argument. */
  readonly firstValue: Readonly<Record<string, string>>;
}

/**
 * A secret that Terraform makes and fills once, and then leaves to whoever changes it: a person, or nobody.
 *
 * The value is in no plan and no state. Terraform never reads it back and never writes it again.
 */
export class KeptSecret extends Construct {
  readonly arn: string;
  readonly name: string;

  constructor(scope: Construct, id: string, props: KeptSecretProps) {
    super(scope, id);
    const secret = new SecretsmanagerSecret(this, "secret", {
      name: props.name,
      description: props.description,
      kmsKeyId: props.kmsKeyArn,
      recoveryWindowInDays: props.recoveryWindowDays,
    });
    new SecretsmanagerSecretVersion(this, "value", {
      secretId: secret.id,
      secretStringWo: jsonencode(props.firstValue),
      secretStringWoVersion: 1,
    });
    this.arn = secret.arn;
    this.name = props.name;
  }
}

const PASSWORD_LENGTH = 40;

/**
 * A password that AWS makes up and nobody sees: another one at every run, so it is only good for being written once.
 *
 * @returns a reference to an ephemeral value
 */
export function madeUpPassword(scope: Construct, id: string): string {
  return new EphemeralResource(scope, id, {
    type: "aws_secretsmanager_random_password",
    config: { password_length: PASSWORD_LENGTH, exclude_punctuation: true },
  }).attribute("random_password");
}
