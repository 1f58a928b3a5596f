import { readdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import { at, groupOf, isFields, type Manifest } from "../kubernetes/objects.js";
import { type JsonSchema, schemasOfDefinitions } from "./resource-definitions.js";

/** Result of validating a manifest against schemas. */
export interface SchemaResult {
  /** `unknown`: no schema for the kind. `unserved`: schemas only for other versions of the kind. */
  readonly kind: "valid" | "invalid" | "unknown" | "unserved";
  /** One line per error, or the served versions. */
  readonly details: readonly string[];
}

/** Keywords whose ajv errors only repeat a more specific error. */
const REPETITIONS = new Set(["anyOf", "oneOf", "if"]);

/**
 * Strict JSON schemas in folders: `<group, or core>/<kind in lower case>_<version>.json`, named as in Flux's catalog
 * (https://github.com/fluxcd/flux-schema), and CustomResourceDefinitions in the same folders. A field that is not in
 * the schema is an error.
 */
export class Schemas {
  /** By `<group, or core>/<kind in lower case>_<version>`. */
  private readonly sources: ReadonlyMap<string, () => JsonSchema>;
  private readonly compiled = new Map<string, ValidateFunction>();
  private readonly ajv = new Ajv({
    allErrors: true,
    strict: false,
    validateFormats: false,
    // Some patterns use RE2 syntax that JavaScript does not support. They are not checked.
    code: { regExp: Object.assign(lenientRegExp, { code: "new RegExp" }) },
  });

  /** @param folders one, or several separated as in PATH; the first one with a schema for a kind is used */
  constructor(folders: string) {
    const lists = foldersIn(folders).map((folder) => [
      ...schemasOfFiles(folder),
      ...schemasOfDefinitions(folder),
    ]);
    this.sources = new Map(lists.reverse().flat());
  }

  validate(manifest: Manifest): SchemaResult {
    const validator = this.validatorOf(manifest);
    if (validator === undefined) {
      const served = this.versionsOf(manifest);
      return { kind: served.length === 0 ? "unknown" : "unserved", details: served };
    }
    if (validator(manifest.body)) return { kind: "valid", details: [] };
    const errors = (validator.errors ?? []).filter(({ keyword }) => !REPETITIONS.has(keyword));
    const details = errors.map(({ instancePath, message, params }) => {
      const property: unknown = params.additionalProperty;
      const where = instancePath === "" ? "the object" : instancePath.slice(1).replaceAll("/", ".");
      return typeof property === "string"
        ? `${where} has no field "${property}"`
        : `${where} ${message ?? "is invalid"}${params.allowedValues ? `: ${String(params.allowedValues)}` : ""}`;
    });
    return { kind: "invalid", details: [...new Set(details)] };
  }

  private validatorOf(manifest: Manifest): ValidateFunction | undefined {
    const name = `${prefixOf(manifest)}${versionOf(manifest)}`;
    const known = this.compiled.get(name);
    if (known) return known;
    const schema = this.sources.get(name)?.();
    if (schema === undefined) return undefined;
    const validator = this.ajv.compile(this.strict(schema));
    this.compiled.set(name, validator);
    return validator;
  }

  /** Forbids unknown fields in `metadata` and at the top level, which the schema of a custom resource allows. */
  private strict(schema: JsonSchema): JsonSchema {
    const { properties } = schema;
    if (!isFields(properties)) return schema;
    return {
      ...schema,
      additionalProperties: false,
      properties: {
        ...properties,
        apiVersion: { type: "string" },
        kind: { type: "string" },
        metadata: this.metadataSchema(),
      },
    };
  }

  private metadataSchema(): unknown {
    const schema = this.sources.get("core/configmap_v1")?.();
    if (schema === undefined)
      throw new Error("The schema of metadata is missing: no folder has core/configmap_v1.json.");
    return at(schema, "properties", "metadata");
  }

  private versionsOf(manifest: Manifest): string[] {
    const prefix = prefixOf(manifest);
    const group = groupOf(manifest);
    return [...this.sources.keys()]
      .filter((name) => name.startsWith(prefix))
      .map((name) => `${group === "" ? "" : `${group}/`}${name.slice(prefix.length)}`);
  }
}

/** Returns the folders of a list that is separated as in PATH. */
export function foldersIn(list: string): string[] {
  return list.split(delimiter).filter(Boolean);
}

function prefixOf(manifest: Manifest): string {
  return `${groupOf(manifest) || "core"}/${manifest.kind.toLowerCase()}_`;
}

function versionOf({ apiVersion }: Manifest): string {
  return apiVersion.slice(apiVersion.lastIndexOf("/") + 1);
}

function schemasOfFiles(folder: string): [string, () => JsonSchema][] {
  const groups = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return groups.flatMap(({ name: group }) =>
    readdirSync(join(folder, group))
      .filter((file) => file.endsWith(".json"))
      .map((file): [string, () => JsonSchema] => [
        `${group}/${file.slice(0, -".json".length)}`,
        () => JSON.parse(readFileSync(join(folder, group, file), "utf8")),
      ]),
  );
}

function lenientRegExp(pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, flags);
  } catch {
    return /(?:)/;
  }
}
