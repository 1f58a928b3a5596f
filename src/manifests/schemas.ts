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
 * Strict JSON schemas in folders: `<group, or core>/<kind in lower case>_<version>.json`, as Flux's catalog has them
 * (https://github.com/fluxcd/flux-schema), and the definitions of custom resources next to them. A field that a schema does not know
 * is a fault.
 */
export class Schemas {
  /** By `<group, or core>/<kind in lower case>_<version>`. */
  private readonly sources: ReadonlyMap<string, () => JsonSchema>;
  private readonly compiled = new Map<string, ValidateFunction>();
  private readonly ajv = new Ajv({
    allErrors: true,
    strict: false,
    validateFormats: false,
    // Some patterns are RE2's, which JavaScript cannot read: what it cannot read, it does not check.
    code: { regExp: Object.assign(lenientRegExp, { code: "new RegExp" }) },
  });

  /** @param folders one, or several as in PATH: the first that knows a kind counts */
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
        : `${where} ${message ?? "is wrong"}${params.allowedValues ? `: ${String(params.allowedValues)}` : ""}`;
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

  /** A resource definition's schema leaves `metadata` and the object's own fields open: closes both. */
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
      throw new Error("No schema says what metadata is: core/configmap_v1.json is not there.");
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

/** Folders that are written as in PATH. */
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
