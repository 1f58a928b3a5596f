import { DescribeClusterCommand } from "@aws-sdk/client-eks";
import { GetRoleCommand } from "@aws-sdk/client-iam";
import { DescribeKeyCommand } from "@aws-sdk/client-kms";
import { DescribeDBClustersCommand } from "@aws-sdk/client-rds";
import { HeadBucketCommand } from "@aws-sdk/client-s3";
import { DescribeSecretCommand } from "@aws-sdk/client-secrets-manager";
import { backupBucketName } from "@notejam/constructs/backup-storage/names";
import { githubActionsRoleName } from "@notejam/constructs/github/names";
import { keyAlias } from "@notejam/constructs/kms/names";
import { runRoleName } from "@notejam/constructs/terraform-cloud/names";
import type { Diagnostic } from "../../diagnostic.js";
import { isAbsent, runCheck } from "../aws-answers.js";
import type { Failover } from "../failover.js";
import { failed, passed } from "../results.js";

const PHASES = ["plan", "apply"] as const;

/** Resource whose name the standby needs, and a call that finds it. */
interface NamedResource {
  readonly kind: string;
  readonly name: string;
  readonly find: () => Promise<unknown>;
}

/** Checks that the names of the standby are free, and that its roles exist. */
export async function checkNames(failover: Failover): Promise<Diagnostic[]> {
  const results = [
    ...taken(failover).map((thing) => runCheck("names", () => freeName(thing, failover))),
    ...PHASES.map((phase) =>
      runCheck("roles", () => runRole(failover, runRoleName(failover.names.name, phase))),
    ),
  ];
  return (await Promise.all(results)).flat();
}

function taken({ target, names, accountId }: Failover): NamedResource[] {
  const bucket = backupBucketName(names.globalName, accountId);
  const role = githubActionsRoleName(names.globalName);
  const alias = keyAlias("rds", names.environmentId);
  const secret = names.databaseSecretName;
  return [
    {
      kind: "EKS cluster",
      name: names.clusterName,
      find: () => target.eks.send(new DescribeClusterCommand({ name: names.clusterName })),
    },
    {
      kind: "Aurora cluster",
      name: names.databaseClusterIdentifier,
      find: () =>
        target.rds.send(
          new DescribeDBClustersCommand({ DBClusterIdentifier: names.databaseClusterIdentifier }),
        ),
    },
    { kind: "bucket", name: bucket, find: () => target.s3.send(new HeadBucketCommand({ Bucket: bucket })) },
    { kind: "IAM role", name: role, find: () => target.iam.send(new GetRoleCommand({ RoleName: role })) },
    { kind: "key", name: alias, find: () => target.kms.send(new DescribeKeyCommand({ KeyId: alias })) },
    {
      kind: "secret",
      name: secret,
      find: () => target.secrets.send(new DescribeSecretCommand({ SecretId: secret })),
    },
  ];
}

async function freeName(
  { kind, name, find }: NamedResource,
  { target, names }: Failover,
): Promise<Diagnostic[]> {
  if (!(await exists(find))) return [passed("names", `${kind} ${name} is free`)];
  return [
    failed(
      "names",
      `${kind} ${name} already exists in ${target.region}`,
      `if it is a standby of an earlier failover, continue with its workspace ${names.platformStack}; otherwise delete it`,
    ),
  ];
}

/** HCP Terraform assumes these roles; the bootstrap stack creates them in advance. */
async function runRole({ target }: Failover, name: string): Promise<Diagnostic[]> {
  if (await exists(() => target.iam.send(new GetRoleCommand({ RoleName: name })))) {
    return [passed("roles", `${name} exists`)];
  }
  const hint = "deploy notejam-bootstrap, which creates the roles of every standby";
  return [failed("roles", `the role ${name} does not exist`, hint)];
}

async function exists(find: () => Promise<unknown>): Promise<boolean> {
  try {
    await find();
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}
