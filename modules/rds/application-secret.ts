import { SecretsmanagerSecret } from "@cdktf/provider-aws/lib/secretsmanager-secret/index.js";
import { SecretsmanagerSecretVersion } from "@cdktf/provider-aws/lib/secretsmanager-secret-version/index.js";
import { Construct } from "constructs";
import { jsonencode, tostring } from "../blocks/terraform-functions.js";

/** The application's own login in the database; not the master user. */
export interface ApplicationLogin {
  /** Token of an ephemeral variable: it is written into the secret and nowhere else. */
  readonly userName: string;
  /** Token of an ephemeral variable. */
  readonly password: string;
  /** Number (or its token) to raise when user name or password change: Terraform cannot see that they did. */
  readonly version: number;
}

/** Where the application finds the database. */
export interface DatabaseAddress {
  /** Host of the instance that takes writes. */
  readonly writer: string;
  /** Host that spreads reads over the readers. */
  readonly reader: string;
  readonly port: number;
  readonly databaseName: string;
}

export interface ApplicationSecretProps {
  /** Such as `notejam/prod/database`. */
  readonly name: string;
  readonly login: ApplicationLogin;
  readonly address: DatabaseAddress;
  /** References (`aws_rds_cluster.x.endpoint`) upon whose change the secret is written anew. */
  readonly rewriteOnChangeOf: readonly string[];
  readonly kmsKeyArn: string;
  readonly replica: { readonly region: string; readonly kmsKeyArn: string };
  /** Days in which a deletion can be called back: 0 (at once) or 7 to 30. */
  readonly recoveryWindowDays: number;
}

/**
 * What a pod needs to reach the database, as one secret whose keys are the application's environment variables.
 *
 * The value travels through a write-only argument: it is in no plan and no state. Terraform therefore cannot compare
 * it, and writes it again only when `login.version` or the database's address changes.
 *
 * Run it with provider 6.26.0 or newer: earlier ones read the value back in every plan (and forget it), which the role of
 * a plan must not be able to do.
 *
 * @see https://github.com/hashicorp/terraform-provider-aws/pull/44876
 * @see https://developer.hashicorp.com/terraform/language/manage-sensitive-data/write-only
 */
export class ApplicationSecret extends Construct {
  readonly arn: string;
  readonly name: string;

  constructor(scope: Construct, id: string, props: ApplicationSecretProps) {
    super(scope, id);
    const { login, address } = props;
    const secret = new SecretsmanagerSecret(this, "secret", {
      name: props.name,
      description: "The application's login to its database",
      kmsKeyId: props.kmsKeyArn,
      recoveryWindowInDays: props.recoveryWindowDays,
      replica: [{ region: props.replica.region, kmsKeyId: props.replica.kmsKeyArn }],
    });
    new SecretsmanagerSecretVersion(this, "value", {
      secretId: secret.id,
      // Encoded by Terraform, not at synth: only there is the password known, with the quotes it may contain.
      secretStringWo: jsonencode({
        POSTGRES_USER: login.userName,
        POSTGRES_PASS: login.password,
        POSTGRES_DB: address.databaseName,
        POSTGRES_URL: address.writer,
        POSTGRES_READER_URL: address.reader,
        POSTGRES_PORT: tostring(address.port),
      }),
      secretStringWoVersion: login.version,
      lifecycle: { replaceTriggeredBy: [...props.rewriteOnChangeOf] },
    });
    this.arn = secret.arn;
    this.name = props.name;
  }
}
