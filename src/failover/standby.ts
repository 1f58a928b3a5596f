import { createStandby, type Environment } from "../config/environment.js";
import { namesOf } from "../config/names.js";
import { overlap } from "../config/networks.js";
import { partitionOf, reasonRegionIsUnsupported } from "../config/regions.js";
import { drRegionOfStandby } from "../config/standby.js";
import { validateEnvironment } from "../config/validate.js";
import { UserError } from "../user-error.js";

/** Options of a standby. */
export interface StandbyOptions {
  /** Region of the standby. */
  readonly to: string;
  /** DR region of the standby. @default the nearest that is neither the primary's nor its own */
  readonly drRegion?: string | undefined;
  /** Network of the standby's VPC. @default the first free `10.<n>.0.0/16` */
  readonly vpcCidr?: string | undefined;
}

/** A standby; `hasFile` is true if its environment file exists. */
export interface Standby {
  readonly environment: Environment;
  readonly hasFile: boolean;
}

/** Candidates for a free network. */
const NETWORKS = Array.from({ length: 226 }, (_, index) => `10.${index + 30}.0.0/16`);

/**
 * Returns the standby of an environment in another region, from its file or with default options.
 *
 * @throws UserError if the region or the options are invalid
 */
export function findStandby(
  primary: Environment,
  environments: readonly Environment[],
  options: StandbyOptions,
  today: Date,
): Standby {
  validateRegion(primary, options.to);
  const environmentId = namesOf({
    name: primary.name,
    region: options.to,
    standbyOf: { region: primary.region },
  }).environmentId;
  const existing = environments.find((environment) => namesOf(environment).environmentId === environmentId);
  if (existing !== undefined) return { environment: existing, hasFile: true };
  const {
    drRegion = drRegionOfStandby(primary.region, options.to),
    vpcCidr = freeNetwork(primary, environments),
  } = options;
  const validated = validateEnvironment(createStandby(primary, options.to, { drRegion, vpcCidr }), today);
  if ("value" in validated) return { environment: validated.value, hasFile: false };
  throw new UserError(`${environmentId} is not a valid standby of ${primary.name}.`, {
    diagnostics: validated.diagnostics,
  });
}

/** Returns the content of the environment file of a standby. */
export function standbyFile(primary: Environment, { region, drRegion, vpcCidr }: Environment): string {
  const variable = primary.name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return `import { createStandby } from "../src/config/environment.js";
import ${variable} from "./${primary.name}.js";

export default createStandby(${variable}, "${region}", { drRegion: "${drRegion}", vpcCidr: "${vpcCidr}" });
`;
}

function validateRegion(primary: Environment, to: string): void {
  const partition = partitionOf(primary.region);
  if (to === primary.region) {
    throw new UserError(`${primary.name} is already in ${to}.`, { hint: "Choose another region with --to." });
  }
  if (partition !== undefined && partitionOf(to) === partition) return;
  const because = reasonRegionIsUnsupported(to) ?? `is not a supported region of the partition ${partition}`;
  throw new UserError(`${primary.name} cannot fail over to ${to}, which ${because}.`, {
    hint: `Choose one of src/config/regions.ts, preferably its drRegion ${primary.drRegion}.`,
  });
}

function freeNetwork({ serviceCidr }: Environment, environments: readonly Environment[]): string {
  const taken = [serviceCidr, ...environments.map(({ vpcCidr }) => vpcCidr)];
  const free = NETWORKS.find((network) => taken.every((other) => !overlap(network, other)));
  if (free !== undefined) return free;
  throw new UserError("No network 10.<n>.0.0/16 is free.", { hint: "Choose one with --vpc-cidr." });
}
