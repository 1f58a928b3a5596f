import { readFileSync } from "node:fs";
import { UserError } from "../user-error.js";
import { writeWhole } from "./state-folder.js";

/** Providers whose service is not emulated, with the service's name. Their resources are removed from a stack. */
const UNSUPPORTED: Readonly<Record<string, string>> = { tfe: "HCP Terraform" };

type Json = Record<string, unknown>;

/**
 * Removes the resources of unsupported providers from a synthesized stack. An override file changes blocks, but cannot
 * remove them or their provider.
 *
 * The other resources are not changed. They must not depend on the removed ones: otherwise the run would test another
 * stack.
 *
 * @param file the stack's `cdk.tf.json` in the state folder, which is rewritten if something is removed
 * @returns one line per unsupported service with resources in the stack
 * @throws UserError if another resource refers to a removed one
 */
export function removeUnsupportedProviders(stack: string, file: string): string[] {
  const json: Json = JSON.parse(readFileSync(file, "utf8"));
  const notes = Object.entries(UNSUPPORTED).flatMap(([provider, service]) => {
    const removed = removeProvider(json, provider);
    if (removed.length === 0) return [];
    requireNoReferences(stack, JSON.stringify(json), removed);
    return [
      `${service} is not emulated: ${removed.length} of ${stack}'s resources are left out (${countByType(removed)}).`,
    ];
  });
  if (notes.length > 0) writeWhole(file, `${JSON.stringify(json, null, 2)}\n`);
  return notes;
}

/** Removes a provider with all its blocks. @returns the addresses of its resources and data sources */
function removeProvider(json: Json, provider: string): string[] {
  delete Object(Object(json.terraform).required_providers)[provider];
  delete Object(json.provider)[provider];
  return ["resource", "data"].flatMap((kind) => {
    const section = Object(json[kind]) as Record<string, Json>;
    const types = Object.keys(section).filter((type) => type.startsWith(`${provider}_`));
    const removed = types.flatMap((type) =>
      Object.keys(section[type] ?? {}).map((id) => `${kind === "data" ? "data." : ""}${type}.${id}`),
    );
    for (const type of types) delete section[type];
    if (types.length > 0 && Object.keys(section).length === 0) delete json[kind];
    return removed;
  });
}

function requireNoReferences(stack: string, rest: string, removed: readonly string[]): void {
  const needed = removed.find((address) => rest.includes(`${address}.`));
  if (needed === undefined) return;
  throw new UserError(
    `${stack} cannot be applied locally: an emulated resource depends on ${needed}, which is not emulated.`,
    { hint: "Choose another environment with --env." },
  );
}

function countByType(addresses: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const address of addresses) {
    const type = address.replace(/\.[^.]+$/, "");
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return [...counts].map(([type, count]) => `${count} ${type}`).join(", ");
}
