import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import type { Environment } from "../config/environment.js";
import { findEnvironment } from "../config/find-environment.js";
import { loadConfiguration } from "../config/load.js";
import { namesOf } from "../config/names.js";
import { type Diagnostic, failedChecks, hasFailed } from "../diagnostic.js";
import { type Failover, failoverOf } from "../failover/failover.js";
import { type FailoverStep, failoverSteps } from "../failover/plan.js";
import { callerAccount, checkPreconditions } from "../failover/preconditions.js";
import { describeResults, describeSteps } from "../failover/report.js";
import { findStandby, standbyFile } from "../failover/standby.js";
import { TargetRegion } from "../failover/target-region.js";
import { UserError } from "../user-error.js";
import { type CommandContext, printResult } from "./context.js";
import { environmentsOption, exitStatusHelp, jsonOption } from "./options.js";

interface FailoverOptions {
  readonly env: string;
  readonly to: string;
  readonly drRegion?: string;
  readonly vpcCidr?: string;
  readonly dryRun?: boolean;
  readonly environments: string;
  readonly json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      "Checks whether the standby of an environment can be deployed in another region, and prints the steps. Uses the AWS API of the target region only, and changes nothing in AWS.",
    )
    .requiredOption("-e, --env <name>", "environment, such as prod")
    .requiredOption("--to <region>", "target AWS region, preferably the drRegion of the environment")
    .option("--dry-run", "only check; do not write the environment file")
    .option("--dr-region <region>", "DR region of the standby (default: the nearest other region)")
    .option("--vpc-cidr <cidr>", "VPC CIDR of the standby (default: the first free 10.<n>.0.0/16)")
    .addOption(environmentsOption(context.env))
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Needs AWS credentials with read access.
JSON: { environment, region, target, diagnostics, steps, file }. target has environment and region. diagnostics has an
object for each check. steps has an object for each step (title, commands); it is empty when a check failed. file is
the environment file that was written, or null.
${exitStatusHelp("a precondition is not met")}

Examples:
  npm run failover -- --env prod --to eu-central-1 --dry-run  # only checks
  npm run failover -- --env prod --to eu-central-1            # writes environments/prod-eu-central-1.ts`,
    )
    .action((options: FailoverOptions) => prepareFailover(options, context));
}

async function prepareFailover(options: FailoverOptions, context: CommandContext): Promise<void> {
  const { environments } = await loadConfiguration(options.environments);
  const now = new Date();
  const primary = findPrimary(environments, options.env);
  const { environment: standby, hasFile } = findStandby(primary, environments, options, now);
  const target = new TargetRegion(standby.region);
  const accountId = await callerAccount(target);
  const failover = failoverOf(primary, standby, { target, accountId, now });

  const diagnostics = await checkPreconditions(failover);
  const isPossible = !diagnostics.some(hasFailed);
  const file = isPossible && !options.dryRun && !hasFile ? writeFile(options, failover) : undefined;
  const steps = isPossible ? failoverSteps(failover, hasFile || file !== undefined) : [];
  const report = { failover, diagnostics, steps, file };
  printResult(context, options, asJson(report), () => asText(report));
  if (!isPossible) throw new UserError(failedChecks(diagnostics), { exitCode: 1 });
}

/** A standby cannot be the source of a failover. */
function findPrimary(environments: readonly Environment[], name: string): Environment {
  return findEnvironment(
    environments.filter(({ standbyOf }) => standbyOf === undefined),
    name,
  );
}

/** Writes the environment file of the standby. @returns its path; undefined if it exists */
function writeFile({ environments }: FailoverOptions, { primary, standby }: Failover): string | undefined {
  const file = join(environments, `${namesOf(standby).environmentId}.ts`);
  if (existsSync(file)) return undefined;
  writeFileSync(file, standbyFile(primary, standby), { flag: "wx" });
  return file;
}

interface FailoverReport {
  readonly failover: Failover;
  readonly diagnostics: readonly Diagnostic[];
  readonly steps: readonly FailoverStep[];
  readonly file: string | undefined;
}

function asJson({ failover: { primary, standby, names }, diagnostics, steps, file }: FailoverReport) {
  return {
    environment: primary.name,
    region: primary.region,
    target: { environment: names.environmentId, region: standby.region },
    diagnostics,
    steps: steps.map(({ title, commands }) => ({ title, commands })),
    file: file ?? null,
  };
}

function asText({ failover: { primary, standby, names }, diagnostics, steps, file }: FailoverReport): string {
  const heading = `Failover of ${primary.name} from ${primary.region} to ${standby.region}, as ${names.environmentId}`;
  return [
    `${heading}\n\n${describeResults(diagnostics)}`,
    ...(file === undefined ? [] : [`Created ${file}. Commit it.`]),
    ...(steps.length === 0 ? [] : [`Steps:\n\n${describeSteps(steps)}`]),
  ].join("\n\n");
}
