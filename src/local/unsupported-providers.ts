import { readFileSync } from "node:fs";
import { UserError } from "../user-error.js";
import { writeWhole } from "./state-folder.js";

/** Providers whose service is not emulated, with the service's name. Their resources are removed from a stack. */
const UNSUPPORTED: Readonly<Record<string, string>> = { tfe: "Terraform Cloud" };

type Json = Record<string, unknown>;

/**
 * Takes out of a synthesized stack what a local run cannot apply, and says what that is. An override file cannot: it
 * changes blocks, and removes neither them nor the provider that Terraform would fetch.
 *
 * The rest is left as it is. It must not depend on what goes, or the run would prove something else than the stack.
 *
 * @param file the stack's `cdk.tf.json` in the state folder, which is written anew when anything goes
 * @returns a line for people per service; empty when nothing was left out
 * @throws UserError when what stays refers to what goes
 */
export function removeUnsupportedProviders(stack: string, file: string): string[] {
  const json: Json = JSON.parse(readFileSync(file, "utf8"));
  const notes = Object.entries(UNSUPPORTED).flatMap(([provider, service]) => {
    const gone = without(json, provider);
    if (gone.length === 0) return [];
    refuseReferences(stack, JSON.stringify(json), gone);
    return [
      `${service} is not emulated: ${gone.length} of ${stack}'s resources are left out (${counted(gone)}).`,
    ];
  });
  if (notes.length > 0) writeWhole(file, `${JSON.stringify(json, null, 2)}\n`);
  return notes;
}

/** Removes a provider with all its blocks; the addresses of its resources and data sources. */
function without(json: Json, provider: string): string[] {
  delete Object(Object(json.terraform).required_providers)[provider];
  delete Object(json.provider)[provider];
  return ["resource", "data"].flatMap((kind) => {
    const section = Object(json[kind]) as Record<string, Json>;
    const types = Object.keys(section).filter((type) => type.startsWith(`${provider}_`));
    const gone = types.flatMap((type) =>
      Object.keys(section[type] ?? {}).map((id) => `${kind === "data" ? "data." : ""}${type}.${id}`),
    );
    for (const type of types) delete section[type];
    if (types.length > 0 && Object.keys(section).length === 0) delete json[kind];
    return gone;
  });
}

function refuseReferences(stack: string, rest: string, gone: readonly string[]): void {
  const needed = gone.find((address) => rest.includes(`${address}.`));
  if (needed === undefined) return;
  throw new UserError(
    `${stack} cannot be applied locally: what is emulated depends on ${needed}, which is not.`,
    { hint: "Choose another environment with --env." },
  );
}

function counted(addresses: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const address of addresses) {
    const type = address.replace(/\.[^.]+$/, "");
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return [...counts].map(([type, count]) => `${count} ${type}`).join(", ");
}
