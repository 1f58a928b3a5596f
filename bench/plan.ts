import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Emulator, startEmulator } from "@notejam/emulator";
import { Interruption } from "../src/local/interruption.js";
import { type PreparedStack, prepareStack, stacksOf } from "../src/local/prepare-stack.js";
import { hostedZonesLookedUp, seedHostedZones } from "../src/local/seed.js";
import { StateFolder } from "../src/local/state-folder.js";
import { findTerraform } from "../src/terraform/find-terraform.js";
import { terraformEnvironment } from "../src/terraform/process-environment.js";
import { cliConfigFor, findProviderMirror } from "../src/terraform/provider-mirror.js";
import { synthesize } from "../src/terraform/synthesize-app.js";
import { apply, init, plan, type TerraformRunProps, validate } from "../src/terraform/terraform.js";
import { RefreshTimes } from "./refresh-times.js";
import { figure, figureOnly, type Result } from "./result.js";

const ENVIRONMENT = "prod";
const PARALLELISM = 20;
const ROUNDS = 3;
const WEB_ACL = "aws_wafv2_web_acl";

/** Measures the parts of production's plan on the emulator. */
export async function benchPlan(
  project: string,
  { applied }: { readonly applied: boolean },
): Promise<Result[]> {
  const folder = new StateFolder(mkdtempSync(join(tmpdir(), "notejam-bench-plan-")));
  folder.prepare();
  const emulator = await startEmulator({ logFile: folder.emulatorLog });
  try {
    const { stack, props } = await prepare(project, folder, emulator);
    return [...(await firstPlans(stack, props)), ...(applied ? await secondPlan(props) : [])];
  } finally {
    await emulator.stop();
    folder.remove();
  }
}

async function prepare(
  project: string,
  folder: StateFolder,
  emulator: Emulator,
): Promise<{ stack: PreparedStack; props: TerraformRunProps }> {
  const terraform = await findTerraform();
  const mirror = findProviderMirror();
  if (mirror !== undefined) {
    writeFileSync(folder.cliConfig, cliConfigFor(mirror));
  }
  const stacks = stacksOf([ENVIRONMENT], await synthesize({ projectFolder: project, out: folder.out }));
  const [stack] = stacks.map((each) =>
    prepareStack({ stack: each, folder, mirror, terraformVersion: terraform.version }),
  );
  if (stack === undefined) {
    throw new Error(`No stack for ${ENVIRONMENT}.`);
  }
  const env = terraformEnvironment({
    emulator: emulator.environment,
    emptyFile: folder.noProfiles,
    pluginCache: folder.pluginCache,
    variables: stack.variables,
    ...(mirror === undefined ? {} : { cliConfig: folder.cliConfig }),
  });
  const props = {
    terraform,
    folder: stack.folder,
    stack: stack.name,
    env,
    secrets: stack.secrets,
    interruption: new Interruption(),
    parallelism: PARALLELISM,
  };
  await seedHostedZones(emulator.endpoint, hostedZonesLookedUp(stack.synthesized));
  await init(props, stack.providerVersion);
  return { stack, props };
}

async function firstPlans(stack: PreparedStack, props: TerraformRunProps): Promise<Result[]> {
  const validated = await seconds(() => validate(props));
  const whole: number[] = [];
  const withoutRules: number[] = [];
  // Alternates, so that load on the machine affects both.
  for (let round = 0; round < ROUNDS; round += 1) {
    whole.push(await seconds(() => plan(props)));
    withoutRules.push(await withEmptyWebAcls(stack, () => seconds(() => plan(props))));
  }
  const [plain, reduced] = [Math.min(...whole), Math.min(...withoutRules)];
  return [
    figureOnly(
      `${stack.name}: terraform validate (loads the provider, checks every argument)`,
      figure(validated, "s"),
    ),
    figureOnly(`${stack.name}: first plan, best of ${ROUNDS}`, figure(plain, "s")),
    figureOnly(`${stack.name}: first plan with a web ACL without rules`, figure(reduced, "s")),
    figureOnly(`${stack.name}: cost of the web ACL's rules`, figure(plain - reduced, "s")),
  ];
}

async function secondPlan(props: TerraformRunProps): Promise<Result[]> {
  const refresh = new RefreshTimes();
  const applied = await seconds(() => apply(props));
  const planned = await seconds(() => plan({ ...props, onEvent: refresh.onEvent }));
  return [
    figureOnly(`${props.stack}: apply`, figure(applied, "s")),
    figureOnly(`${props.stack}: second plan`, figure(planned, "s")),
    ...refresh
      .slowestTypes()
      .map(({ type, total }) => figureOnly(`  of which reading ${type}`, figure(total, "s of reads"))),
  ];
}

/** Removes the rules of the web ACLs while `work` runs. References to the ACLs stay valid. */
async function withEmptyWebAcls<T>(stack: PreparedStack, work: () => Promise<T>): Promise<T> {
  const file = join(stack.folder, "cdk.tf.json");
  const before = readFileSync(file, "utf8");
  const json: { resource: Record<string, Record<string, Record<string, unknown>>> } = JSON.parse(before);
  for (const acl of Object.values(json.resource[WEB_ACL] ?? {})) {
    delete acl.rule;
    delete acl.rule_json;
  }
  writeFileSync(file, JSON.stringify(json));
  try {
    return await work();
  } finally {
    writeFileSync(file, before);
  }
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
