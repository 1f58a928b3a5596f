import { type Environment, recoverIn } from "../config/environment.js";
import { namesOf } from "../config/names.js";
import { overlap } from "../config/networks.js";
import { partitionOf, reasonRegionIsRefused } from "../config/regions.js";
import { regionForReplicas } from "../config/standby.js";
import { checkEnvironment } from "../config/validate.js";
import { MoveProblem } from "./failover-error.js";

/** What a person may state of the copy; the rest is found. */
export interface CopyWishes {
  /** Region to move to. */
  readonly to: string;
  /** The copy's own recovery region. @default the nearest that is neither the one left nor the one moved to */
  readonly drRegion?: string | undefined;
  /** The copy's network. @default the first free `10.<n>.0.0/16` */
  readonly vpcCidr?: string | undefined;
}

/** A copy, and whether its file is there already. */
export interface RecoveryCopy {
  readonly environment: Environment;
  readonly prepared: boolean;
}

/** Networks looked through for a free one. */
const NETWORKS = Array.from({ length: 226 }, (_, index) => `10.${index + 30}.0.0/16`);

/**
 * The environment that stands for another one in another region: what its file says, or what the file would say.
 *
 * @throws MoveProblem when it cannot stand there
 */
export function recoveryCopy(
  source: Environment,
  environments: readonly Environment[],
  wishes: CopyWishes,
  today: Date,
): RecoveryCopy {
  refuseRegion(source, wishes.to);
  const instance = namesOf({
    name: source.name,
    region: wishes.to,
    recoveryOf: { region: source.region },
  }).instance;
  const prepared = environments.find((environment) => namesOf(environment).instance === instance);
  if (prepared !== undefined) return { environment: prepared, prepared: true };
  const {
    drRegion = regionForReplicas(source.region, wishes.to),
    vpcCidr = freeNetwork(source, environments),
  } = wishes;
  const checked = checkEnvironment(recoverIn(source, wishes.to, { drRegion, vpcCidr }), today);
  if ("value" in checked) return { environment: checked.value, prepared: false };
  const reasons = checked.findings.map(({ field, rule, remedy }) => `  ${field}: ${rule}; ${remedy}`);
  throw new MoveProblem(`${instance} cannot be made from ${source.name}:\n${reasons.join("\n")}`);
}

/** The file of a copy that has none yet. */
export function recoveryCopyFile(source: Environment, { region, drRegion, vpcCidr }: Environment): string {
  const variable = source.name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return `import { recoverIn } from "../src/config/environment.js";
import ${variable} from "./${source.name}.js";

export default recoverIn(${variable}, "${region}", { drRegion: "${drRegion}", vpcCidr: "${vpcCidr}" });
`;
}

function refuseRegion(source: Environment, to: string): void {
  const partition = partitionOf(source.region);
  if (to === source.region) {
    throw new MoveProblem(`${source.name} stands in ${to} already. Choose another region with --to.`);
  }
  if (partition !== undefined && partitionOf(to) === partition) return;
  const because =
    reasonRegionIsRefused(to) ?? `it is not one of the partition ${partition} that can carry Notejam`;
  throw new MoveProblem(
    `${source.name} cannot move to ${to}: ${because}. Choose one of src/config/regions.ts, best its drRegion ${source.drRegion}.`,
  );
}

function freeNetwork({ serviceCidr }: Environment, environments: readonly Environment[]): string {
  const taken = [serviceCidr, ...environments.map(({ vpcCidr }) => vpcCidr)];
  const free = NETWORKS.find((network) => taken.every((other) => !overlap(network, other)));
  if (free !== undefined) return free;
  throw new MoveProblem("No network 10.<n>.0.0/16 is free. State one with --vpc-cidr.");
}
