import type { StackConfiguration } from "../terraform/synthesized-stacks.js";
import { UserError } from "../user-error.js";

/**
 * The public hosted zones that a stack looks up: a company has its domain before it has this platform, so an empty
 * account needs them first.
 */
export function hostedZonesLookedUp({ data }: StackConfiguration): string[] {
  const names = Object.values(data.aws_route53_zone ?? {})
    .filter((zone) => zone.private_zone !== true)
    .map((zone) => zone.name)
    .filter((name) => typeof name === "string")
    .map((name) => name.replace(/\.$/, ""));
  return [...new Set(names)].sort();
}

/**
 * Makes the hosted zones that do not exist yet.
 *
 * Two calls do not make an AWS SDK worth its size. The emulator checks no signature: it only reads from the header
 * which service is meant.
 *
 * @param endpoint the emulated AWS
 * @returns the names of those that were made
 * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHostedZone.html
 */
export async function seedHostedZones(endpoint: string, names: readonly string[]): Promise<string[]> {
  const made: string[] = [];
  for (const name of names) {
    const found = await route53(endpoint, "GET", `hostedzonesbyname?dnsname=${name}&maxitems=1`);
    if (!found.includes(`<Name>${name}.</Name>`)) {
      await route53(endpoint, "POST", "hostedzone", createRequest(name));
      made.push(name);
    }
  }
  return made;
}

/** `name` is a host name (letters, digits, hyphens, dots): it needs no escaping. */
function createRequest(name: string): string {
  return (
    '<CreateHostedZoneRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/">' +
    `<Name>${name}</Name><CallerReference>notejam-local-${name}</CallerReference>` +
    "</CreateHostedZoneRequest>"
  );
}

async function route53(endpoint: string, method: string, path: string, body?: string): Promise<string> {
  const response = await fetch(`${endpoint}/2013-04-01/${path}`, {
    method,
    headers: {
      authorization:
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/route53/aws4_request, SignedHeaders=host, Signature=0",
    },
    ...(body === undefined ? {} : { body }),
  });
  const answer = await response.text();
  if (!response.ok) {
    throw new UserError(
      `The emulated Route 53 refused ${method} ${path} (HTTP ${response.status}): ${answer.slice(0, 200)}`,
      { hint: "Check the emulator's log in the state folder." },
    );
  }
  return answer;
}
