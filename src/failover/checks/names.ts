import { DescribeClusterCommand } from "@aws-sdk/client-eks";
import { GetRoleCommand } from "@aws-sdk/client-iam";
import { DescribeKeyCommand } from "@aws-sdk/client-kms";
import { DescribeDBClustersCommand } from "@aws-sdk/client-rds";
import { HeadBucketCommand } from "@aws-sdk/client-s3";
import { DescribeSecretCommand } from "@aws-sdk/client-secrets-manager";
import { backupBucketName } from "../../../modules/backup-storage/names.js";
import { githubActionsRoleName } from "../../../modules/github/names.js";
import { keyAlias } from "../../../modules/kms/names.js";
import { runRoleName } from "../../../modules/terraform-cloud/names.js";
import { ask, isAbsent } from "../aws-answers.js";
import type { Move } from "../failover.js";
import { type Finding, missing, ok } from "../finding.js";

const PHASES = ["plan", "apply"] as const;

/** Something that would be in the way, and how to find out. */
interface Named {
  readonly kind: string;
  readonly name: string;
  readonly look: () => Promise<unknown>;
}

/** Whether the names of the copy are free, and whether the roles that raise it are there. */
export async function checkNames(move: Move): Promise<Finding[]> {
  const looks = [
    ...taken(move).map((thing) => ask("names", () => freeName(thing, move))),
    ...PHASES.map((phase) => ask("roles", () => runRole(move, runRoleName(move.names.name, phase)))),
  ];
  return (await Promise.all(looks)).flat();
}

function taken({ target, names, accountId }: Move): Named[] {
  const bucket = backupBucketName(names.globalName, accountId);
  const role = githubActionsRoleName(names.globalName);
  const alias = keyAlias("rds", names.instance);
  const secret = names.databaseSecretName;
  return [
    {
      kind: "EKS cluster",
      name: names.clusterName,
      look: () => target.eks.send(new DescribeClusterCommand({ name: names.clusterName })),
    },
    {
      kind: "Aurora cluster",
      name: names.databaseClusterIdentifier,
      look: () =>
        target.rds.send(
          new DescribeDBClustersCommand({ DBClusterIdentifier: names.databaseClusterIdentifier }),
        ),
    },
    { kind: "bucket", name: bucket, look: () => target.s3.send(new HeadBucketCommand({ Bucket: bucket })) },
    { kind: "IAM role", name: role, look: () => target.iam.send(new GetRoleCommand({ RoleName: role })) },
    { kind: "key", name: alias, look: () => target.kms.send(new DescribeKeyCommand({ KeyId: alias })) },
    {
      kind: "secret",
      name: secret,
      look: () => target.secrets.send(new DescribeSecretCommand({ SecretId: secret })),
    },
  ];
}

async function freeName({ kind, name, look }: Named, { target, names }: Move): Promise<Finding[]> {
  if (!(await exists(look))) return [ok("names", `${kind} ${name} is free`)];
  return [
    missing(
      "names",
      `${kind} ${name} is there already in ${target.region}`,
      `if it is the copy of an earlier move, go on with its workspace ${names.platformStack}; else remove it`,
    ),
  ];
}

/** Terraform Cloud takes these roles; the bootstrap stack makes them beforehand, while its own region answers. */
async function runRole({ target }: Move, name: string): Promise<Finding[]> {
  if (await exists(() => target.iam.send(new GetRoleCommand({ RoleName: name })))) {
    return [ok("roles", `${name} is there`)];
  }
  const remedy = "deploy notejam-bootstrap, which makes the roles of every recovery copy beforehand";
  return [missing("roles", `there is no role ${name}`, remedy)];
}

async function exists(look: () => Promise<unknown>): Promise<boolean> {
  try {
    await look();
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}
