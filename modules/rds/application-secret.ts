import {
  SecretsmanagerSecret,
  type SecretsmanagerSecretConfig,
} from "@cdktf/provider-aws/lib/secretsmanager-secret/index.js";
import { SecretsmanagerSecretVersion } from "@cdktf/provider-aws/lib/secretsmanager-secret-version/index.js";
import { Construct } from "constructs";
import { jsonencode, tostring } from "../core/terraform-functions.js";

/** Database login of the application. Not the master user. */
export interface ApplicationLogin {
  /** Token of an ephemeral variable, which is stored in the secret only. */
  readonly userName: string;
  /** Token of an ephemeral variable. */
  readonly password: string;
  /** Number, or its token, to increase when user name or password change. Terraform cannot detect that. */
  readonly version: number;
}

/** Connection parameters of the database. */
export interface DatabaseAddress {
  /** Writer endpoint. */
  readonly writer: string;
  /** Reader endpoint, which balances reads over the readers. */
  readonly reader: string;
  readonly port: number;
  readonly databaseName: string;
}

export interface ApplicationSecretProps {
  /** Name, such as `notejam/prod/database`. */
  readonly name: string;
  /** Login of the application. */
  readonly login: ApplicationLogin;
  /** Connection parameters of the database. */
  readonly address: DatabaseAddress;
  /** References (`aws_rds_cluster.x.endpoint`) whose changes cause a new version of the secret. */
  readonly rewriteOnChangeOf: readonly string[];
  readonly kmsKeyArn: string;
  /** Region and KMS key of the replica. */
  readonly replica: { readonly region: string; readonly kmsKeyArn: string };
  /** Days during which the deletion can be cancelled: 0 (deleted at once) or 7 to 30. */
  readonly recoveryWindowDays: number;
  /** Arguments of the secret that replace those of this construct. @default none */
  readonly overrides?: Partial<SecretsmanagerSecretConfig>;
}

/**
 * Secret with the connection parameters of a database. Its keys are environment variables of the application.
 *
 * The value is a write-only argument, so it is neither in plans nor in state. Terraform writes it again only when
 * `login.version` or an endpoint changes.
 *
 * Use AWS provider 6.26.0 or newer. Earlier versions read the value in each plan, which requires a permission that the
 * plan role must not have.
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
      description: "Database login of the application",
      kmsKeyId: props.kmsKeyArn,
      recoveryWindowInDays: props.recoveryWindowDays,
      replica: [{ region: props.replica.region, kmsKeyId: props.replica.kmsKeyArn }],
      ...props.overrides,
    });
    new SecretsmanagerSecretVersion(this, "value", {
      secretId: secret.id,
      // Encoded by Terraform, which knows the password and escapes it.
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
