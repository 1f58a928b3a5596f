import type { StackConfiguration } from "../terraform/synthesized-stacks.js";
import { UserError } from "../user-error.js";

/**
 * Returns the public hosted zones that a stack looks up. A domain exists before the platform, so that the emulated account
 * needs them first.
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
 * Creates the hosted zones that do not exist.
 *
 * Two calls do not justify an AWS SDK. The emulator does not check signatures: it only reads the service from the header.
 *
 * @param endpoint endpoint of the emulated AWS
 * @returns the names of the created zones
 * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHostedZone.html
 */
export async function seedHostedZones(endpoint: string, names: readonly string[]): Promise<string[]> {
  const created: string[] = [];
  for (const name of names) {
    const found = await route53(endpoint, "GET", `hostedzonesbyname?dnsname=${name}&maxitems=1`);
    if (!found.includes(`<Name>${name}.</Name>`)) {
      await route53(endpoint, "POST", "hostedzone", createRequest(name));
      created.push(name);
    }
  }
  return created;
}

/** @param name host name (letters, digits, hyphens, dots), which needs no escaping */
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
      `The emulated Route 53 rejected ${method} ${path} (HTTP ${response.status}): ${answer.slice(0, 200)}`,
      { hint: "Check the emulator's log in the state folder." },
    );
  }
  return answer;
}
