import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { Command } from "commander";
import type { Environment } from "../config/environment.js";
import { loadConfiguration } from "../config/load.js";
import { namesOf } from "../config/names.js";
import { ask } from "../failover/aws-answers.js";
import { checkDumps } from "../failover/checks/backups.js";
import { checkNames } from "../failover/checks/names.js";
import { checkPlace } from "../failover/checks/network.js";
import { checkQuotas } from "../failover/checks/quotas.js";
import { checkReplicas } from "../failover/checks/replicas.js";
import { type Move, moveOf } from "../failover/failover.js";
import { MoveProblem } from "../failover/failover-error.js";
import type { Finding } from "../failover/finding.js";
import { moveSteps } from "../failover/plan.js";
import { describeFindings, describeSteps } from "../failover/report.js";
import { recoveryCopy, recoveryCopyFile } from "../failover/standby.js";
import { TargetRegion } from "../failover/target-region.js";
import { reportUserError } from "./report-user-error.js";

interface Options {
  readonly env: string;
  readonly to: string;
  readonly drRegion?: string;
  readonly vpcCidr?: string;
  readonly dryRun?: boolean;
  readonly environments: string;
}

/** Nothing could be looked at, or what was asked makes no sense. */
const CANNOT_TELL = 2;

function commandLine(): Command {
  return new Command("npm run failover --")
    .description(
      "Checks whether an environment can be raised in another region from its replicas, and says how. It asks the region that is moved to and no other, and changes nothing in AWS. Exit status: 0 it can, 1 something is missing, 2 it cannot be told.",
    )
    .requiredOption("-e, --env <name>", "environment to move, such as prod")
    .requiredOption("--to <region>", "AWS region to move to, best the environment's drRegion")
    .option("--dry-run", "only look: write no environment file")
    .option("--dr-region <region>", "the copy's own recovery region (default: the nearest other one)")
    .option("--vpc-cidr <network>", "the copy's network (default: the first free 10.<n>.0.0/16)")
    .option("--environments <folder>", "the environments", "environments")
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : CANNOT_TELL));
}

async function main(): Promise<void> {
  const options = commandLine().parse().opts<Options>();
  const { environments } = await loadConfiguration(options.environments);
  const now = new Date();
  const source = sourceAmong(environments, options.env);
  const { environment: copy, prepared } = recoveryCopy(source, environments, options, now);
  const target = new TargetRegion(copy.region);
  const move = moveOf(source, copy, { target, accountId: await accountOf(target), now });

  console.log(`${source.name} from ${source.region} to ${copy.region}, as ${move.names.instance}\n`);
  const findings = await preconditions(move);
  console.log(describeFindings(findings));
  const stopped = findings.filter(({ outcome }) => outcome === "missing").length;
  if (stopped > 0) {
    console.log(`\n${stopped} of ${findings.length} preconditions do not hold: see → above.`);
    process.exitCode = 1;
    return;
  }
  const written = !options.dryRun && !prepared && writeCopy(options.environments, source, copy);
  console.log(`\nThe move:\n\n${describeSteps(moveSteps(move, prepared || written))}`);
}

function sourceAmong(environments: readonly Environment[], name: string): Environment {
  const sources = environments.filter(({ recoveryOf }) => recoveryOf === undefined);
  const source = sources.find((environment) => environment.name === name);
  if (source !== undefined) return source;
  const known = sources.map((environment) => environment.name).join(", ");
  throw new MoveProblem(`There is no environment "${name}". Choose one with --env: ${known}.`);
}

async function accountOf({ sts }: TargetRegion): Promise<string> {
  let accountId: string | undefined;
  await ask("account", async () => {
    accountId = (await sts.send(new GetCallerIdentityCommand({}))).Account;
    return [];
  });
  if (accountId !== undefined) return accountId;
  throw new MoveProblem(
    "AWS does not say which account you are in. Sign in (aws sso login), and run it again.",
  );
}

async function preconditions(move: Move): Promise<Finding[]> {
  const checks = [checkPlace, checkReplicas, checkDumps, checkNames, checkQuotas];
  return (await Promise.all(checks.map((check) => check(move)))).flat();
}

function writeCopy(folder: string, source: Environment, copy: Environment): boolean {
  const file = join(folder, `${namesOf(copy).instance}.ts`);
  if (existsSync(file)) return false;
  writeFileSync(file, recoveryCopyFile(source, copy), { flag: "wx" });
  console.log(`\nWritten: ${file}. Commit it.`);
  return true;
}

await main().catch((error: unknown) => {
  if (error instanceof MoveProblem) console.error(error.message);
  else reportUserError(error);
  process.exitCode = CANNOT_TELL;
});
