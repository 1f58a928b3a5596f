import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { Command } from "commander";
import type { Environment } from "../config/environment.js";
import { loadConfiguration } from "../config/load.js";
import { namesOf } from "../config/names.js";
import { type Diagnostic, failedChecks, hasFailed } from "../diagnostic.js";
import { runCheck } from "../failover/aws-answers.js";
import { checkBackups } from "../failover/checks/backups.js";
import { checkNames } from "../failover/checks/names.js";
import { checkOfferings } from "../failover/checks/network.js";
import { checkQuotas } from "../failover/checks/quotas.js";
import { checkReplicas } from "../failover/checks/replicas.js";
import { type Failover, failoverOf } from "../failover/failover.js";
import { failoverSteps } from "../failover/plan.js";
import { describeResults, describeSteps } from "../failover/report.js";
import { findStandby, standbyFile } from "../failover/standby.js";
import { TargetRegion } from "../failover/target-region.js";
import { UserError } from "../user-error.js";
import { reportUserError } from "./report-user-error.js";

interface Options {
  readonly env: string;
  readonly to: string;
  readonly drRegion?: string;
  readonly vpcCidr?: string;
  readonly dryRun?: boolean;
  readonly environments: string;
}

/** Exit status of an error: the checks could not run. */
const CANNOT_TELL = 2;

function commandLine(): Command {
  return new Command("npm run failover --")
    .description(
      "Checks whether the standby of an environment can be deployed in another region, and prints the steps. Reads the target region only, and changes nothing in AWS. Exit status: 0 success, 1 check failed, 2 error.",
    )
    .requiredOption("-e, --env <name>", "environment to failover, such as prod")
    .requiredOption("--to <region>", "target AWS region, preferably the drRegion of the environment")
    .option("--dry-run", "check only, write no environment file")
    .option("--dr-region <region>", "DR region of the standby (default: the nearest other one)")
    .option("--vpc-cidr <network>", "VPC network of the standby (default: the first free 10.<n>.0.0/16)")
    .option("--environments <folder>", "the environments", "environments")
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : CANNOT_TELL));
}

async function main(): Promise<void> {
  const options = commandLine().parse().opts<Options>();
  const { environments } = await loadConfiguration(options.environments);
  const now = new Date();
  const primary = primaryAmong(environments, options.env);
  const { environment: standby, hasFile } = findStandby(primary, environments, options, now);
  const target = new TargetRegion(standby.region);
  const failover = failoverOf(primary, standby, { target, accountId: await accountOf(target), now });

  console.log(`${primary.name} from ${primary.region} to ${standby.region}, as ${failover.names.instance}\n`);
  const results = await preconditions(failover);
  console.log(describeResults(results));
  if (results.some(hasFailed)) {
    console.log(`\n${failedChecks(results)}`);
    process.exitCode = 1;
    return;
  }
  const written = !options.dryRun && !hasFile && writeStandby(options.environments, primary, standby);
  console.log(`\nSteps of the failover:\n\n${describeSteps(failoverSteps(failover, hasFile || written))}`);
}

function primaryAmong(environments: readonly Environment[], name: string): Environment {
  const primaries = environments.filter(({ standbyOf }) => standbyOf === undefined);
  const primary = primaries.find((environment) => environment.name === name);
  if (primary !== undefined) return primary;
  const known = primaries.map((environment) => environment.name).join(", ");
  throw new UserError(`There is no environment "${name}".`, { hint: `Choose one with --env: ${known}.` });
}

async function accountOf({ sts }: TargetRegion): Promise<string> {
  let accountId: string | undefined;
  await runCheck("account", async () => {
    accountId = (await sts.send(new GetCallerIdentityCommand({}))).Account;
    return [];
  });
  if (accountId !== undefined) return accountId;
  throw new UserError("AWS does not return the account id.", {
    hint: "Sign in (aws sso login), and run the command again.",
  });
}

async function preconditions(failover: Failover): Promise<Diagnostic[]> {
  const checks = [checkOfferings, checkReplicas, checkBackups, checkNames, checkQuotas];
  return (await Promise.all(checks.map((check) => check(failover)))).flat();
}

function writeStandby(folder: string, primary: Environment, standby: Environment): boolean {
  const file = join(folder, `${namesOf(standby).instance}.ts`);
  if (existsSync(file)) return false;
  writeFileSync(file, standbyFile(primary, standby), { flag: "wx" });
  console.log(`\nWritten: ${file}. Commit it.`);
  return true;
}

await main().catch((error: unknown) => {
  reportUserError(error);
  process.exitCode = CANNOT_TELL;
});
