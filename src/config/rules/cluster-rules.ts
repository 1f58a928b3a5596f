import { fieldErrors } from "../field-error.js";
import {
  endOfStandardSupport,
  isInStandardSupport,
  isNearEndOfSupport,
  versionsInStandardSupport,
} from "../kubernetes-versions.js";
import { isEverywhere, isNeverOnTheInternet } from "../networks.js";
import { partitionOf } from "../regions.js";
import type { Errors, RuleOptions, ValidFields } from "./rule.js";

const accessError = fieldErrors("cluster-access");
const versionError = fieldErrors("kubernetes-version");

/** The Kubernetes API is open to the internet only with a reason, and principals are unique and in the partition. */
export function* checkClusterAccess(valid: ValidFields): Errors {
  yield* checkEndpoint(valid);
  yield* checkPrincipals(valid);
}

function* checkEndpoint({ clusterEndpoint }: ValidFields): Errors {
  if (clusterEndpoint === undefined) return;
  const { publicAccessCidrs, openToTheWorldBecause } = clusterEndpoint;
  const open = publicAccessCidrs.filter(isEverywhere);
  if (open.length > 0 && openToTheWorldBecause === undefined) {
    yield accessError(
      "clusterEndpoint.publicAccessCidrs",
      publicAccessCidrs,
      `networks other than ${open.join(" and ")}, which opens the Kubernetes API to the internet, unless openToTheWorldBecause gives the reason`,
      "list your networks, write [] for a private endpoint only, or write the reason in openToTheWorldBecause",
    );
  }
  if (open.length === 0 && openToTheWorldBecause !== undefined) {
    yield accessError(
      "clusterEndpoint.openToTheWorldBecause",
      openToTheWorldBecause,
      "a reason only if publicAccessCidrs has 0.0.0.0/0 or ::/0",
      "remove it: the endpoint is not open to the internet",
    );
  }
  for (const [index, cidr] of publicAccessCidrs.entries()) {
    if (!isNeverOnTheInternet(cidr)) continue;
    yield accessError(
      `clusterEndpoint.publicAccessCidrs[${index}]`,
      cidr,
      "a network with public addresses: EKS rejects private and reserved networks",
      "write the public address of these clients; clients in the VPC use the private endpoint",
    );
  }
}

function* checkPrincipals({ region, clusterAdmins, clusterViewers }: ValidFields): Errors {
  if (region === undefined || clusterAdmins === undefined || clusterViewers === undefined) return;
  const partition = partitionOf(region);
  for (const [list, principals] of Object.entries({ clusterAdmins, clusterViewers })) {
    for (const [index, principal] of principals.entries()) {
      if (
        partition === undefined ||
        !principal.startsWith("arn:") ||
        principal.startsWith(`arn:${partition}:`)
      ) {
        continue;
      }
      yield accessError(
        `${list}[${index}]`,
        principal,
        `an ARN in the partition of ${region}, which starts with arn:${partition}:`,
        "write the name of the role, or its ARN in that partition",
      );
    }
  }
  for (const [index, principal] of clusterViewers.entries()) {
    if (!clusterAdmins.includes(principal)) continue;
    yield accessError(
      `clusterViewers[${index}]`,
      principal,
      "principals that are not in clusterAdmins: EKS allows one access entry per principal",
      "remove it from clusterViewers or from clusterAdmins",
    );
  }
}

/**
 * The Kubernetes version is known, and in EKS standard support for at least 90 more days.
 *
 * An existing environment must stay deployable after the end of support, for example to set the next version. The
 * configuration does not tell a new environment from an existing one, so the end of support is no error by default.
 */
export function* checkKubernetesVersion(
  { kubernetesVersion: version }: ValidFields,
  today: Date,
  { endedSupport = "warning" }: RuleOptions,
): Errors {
  if (version === undefined) return;
  const end = endOfStandardSupport(version);
  if (end === undefined) {
    yield versionError(
      "kubernetesVersion",
      version,
      "a version with an end of standard support in src/config/kubernetes-versions.ts",
      nextVersion(today),
    );
  } else if (isNearEndOfSupport(version, today)) {
    const isSupported = isInStandardSupport(version, today);
    yield {
      severity: isSupported ? "warning" : endedSupport,
      check: "kubernetes-version",
      where: { subject: "kubernetesVersion" },
      summary: `"${version}" ${isSupported ? "leaves" : "left"} EKS standard support after ${end}`,
      reason:
        "AWS then upgrades the cluster automatically, and no plan can take it back to the older version. " +
        "`npm run check:manifests` fails from then on; `npm run synth` only warns, so that environments can be changed",
      hint: nextVersion(today),
    };
  }
}

/** Advice: the versions that have more than 90 days of standard support left. */
function nextVersion(today: Date): string {
  const versions = versionsInStandardSupport(today).filter((version) => !isNearEndOfSupport(version, today));
  return versions.length === 0
    ? "add the supported versions to src/config/kubernetes-versions.ts and write one of them"
    : `write one of ${versions.map((version) => `"${version}"`).join(", ")}, or add a newer one to src/config/kubernetes-versions.ts`;
}
