import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { at, isFields, listAt, textAt } from "../kubernetes/objects.js";

/** JSON schema, as parsed. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * Returns the schemas of custom resources, by `<group>/<kind in lower case>_<version>`, from the
 * CustomResourceDefinitions in the `.yaml` files of a folder. A field that a definition does not contain is an error,
 * as for `kubectl --validate=strict`: the API server would prune it.
 *
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning
 */
export function schemasOfDefinitions(folder: string): [string, () => JsonSchema][] {
  const schemas: [string, () => JsonSchema][] = [];
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".yaml"))) {
    for (const document of parseAllDocuments(readFileSync(join(folder, name), "utf8"))) {
      const definition: unknown = document.toJS();
      if (textAt(definition, "kind") !== "CustomResourceDefinition") continue;
      const group = textAt(definition, "spec", "group");
      const kind = textAt(definition, "spec", "names", "kind")?.toLowerCase();
      for (const version of listAt(definition, "spec", "versions")) {
        const schema = at(version, "schema", "openAPIV3Schema");
        if (at(version, "served") === false || !isFields(schema)) continue;
        schemas.push([`${group}/${kind}_${textAt(version, "name")}`, () => closed(schema)]);
      }
    }
  }
  return schemas;
}

/** Forbids unlisted fields in objects with listed ones. CRD schemas omit this: the API server prunes such fields. */
function closed(schema: JsonSchema): JsonSchema {
  const isOpen = "additionalProperties" in schema || schema["x-kubernetes-preserve-unknown-fields"] === true;
  const closedParts = Object.entries(schema).map(([key, value]) => [key, closedPart(key, value)]);
  return {
    ...Object.fromEntries(closedParts),
    ...("properties" in schema && !isOpen && { additionalProperties: false }),
  };
}

function closedPart(key: string, value: unknown): unknown {
  if (!isFields(value)) return value;
  if (key === "items" || key === "additionalProperties") return closed(value);
  if (key !== "properties") return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, isFields(field) ? closed(field) : field]),
  );
}
