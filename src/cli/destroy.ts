import { Command } from "commander";
import { execa } from "execa";
import { loadConfiguration } from "../config/load.js";
import { namesOf } from "../config/names.js";
import { DestroyProblem, type DestroyStep, destroySteps, runSteps } from "../destroy/steps.js";
import { reportUserError } from "./report-user-error.js";

interface Options {
  readonly yes?: boolean;
  readonly environments: string;
}

async function main(): Promise<void> {
  const command = new Command("npm run destroy --")
    .description(
      "Destroys an environment in the order that leaves nothing behind: what controllers made, Flux, then AWS.",
    )
    .argument("<environment>", "such as dev")
    .option("--yes", "do it; without, only say what would be done")
    .option("--environments <folder>", "the environments", "environments")
    .parse();
  const { yes, environments: folder } = command.opts<Options>();
  const [instance = ""] = command.args;
  const { environments } = await loadConfiguration(folder);
  const environment = environments.find((candidate) => namesOf(candidate).instance === instance);
  if (environment === undefined) {
    const known = environments.map((candidate) => namesOf(candidate).instance).join(", ");
    throw new DestroyProblem(`There is no environment "${instance}". Choose from: ${known}.`);
  }
  const steps = destroySteps(namesOf(environment));
  if (!yes) return explain(steps, environment.production);
  if (environment.production) {
    throw new DestroyProblem(
      `${instance} is a production environment: its database and load balancer are protected. ` +
        "Follow docs/runbook/destroy.md#destroy-production.",
    );
  }
  await runSteps(steps, {
    run: (program, args) =>
      execa(program, [...args], { stdin: "inherit", stdout: "inherit", stderr: "inherit" }),
    say: (line) => console.log(line),
  });
}

function explain(steps: readonly DestroyStep[], production: boolean): void {
  console.log("Would do, in this order (add --yes to do it):");
  for (const { what, program, args } of steps) console.log(`  ${what}\n    ${program} ${args.join(" ")}`);
  if (production)
    console.log("It is a production environment: --yes is refused, see docs/runbook/destroy.md.");
}

await main().catch((error: unknown) => {
  if (!(error instanceof DestroyProblem)) return reportUserError(error);
  process.exitCode = 1;
  console.error(error.message);
});
