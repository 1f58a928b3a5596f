import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import { groupOf, isFields, type Manifest } from "./manifest.js";

/** What a folder of schemas says about a manifest. */
export interface SchemaVerdict {
  /** `unknown` where the folder knows no such kind, `unserved` where it knows the kind in other versions only. */
  readonly kind: "valid" | "invalid" | "unknown" | "unserved";
  /** One line per fault, or the versions that are served. */
  readonly details: readonly string[];
}

/** Errors by which ajv repeats what another one says more exactly. */
const REPETITIONS = new Set(["anyOf", "oneOf", "if"]);

/**
 * Strict JSON schemas in a folder: `<group, or core>/<kind in lower case>_<version>.json`. A field that a schema does not
 * know is a fault.
 */
export class Schemas {
  private readonly folder: string;
  private readonly compiled = new Map<string, ValidateFunction>();
  private readonly ajv = new Ajv({
    allErrors: true,
    strict: false,
    validateFormats: false,
    // Some patterns are RE2's, which JavaScript cannot read: what it cannot read, it does not check.
    code: { regExp: Object.assign(lenientRegExp, { code: "new RegExp" }) },
  });

  constructor(folder: string) {
    this.folder = folder;
  }

  validate(manifest: Manifest): SchemaVerdict {
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
    const file = this.fileOf(manifest);
    const known = this.compiled.get(file);
    if (known) return known;
    if (!existsSync(file)) return undefined;
    const validator = this.ajv.compile(this.strict(JSON.parse(readFileSync(file, "utf8"))));
    this.compiled.set(file, validator);
    return validator;
  }

  /** A resource definition's schema leaves `metadata` and the object's own fields open: closes both. */
  private strict(schema: Record<string, unknown>): Record<string, unknown> {
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
    const text = readFileSync(join(this.folder, "core", "configmap_v1.json"), "utf8");
    const { properties }: { properties: { metadata: unknown } } = JSON.parse(text);
    return properties.metadata;
  }

  private fileOf({ apiVersion, kind }: Manifest): string {
    const group = groupOf({ apiVersion }) || "core";
    const version = apiVersion.slice(apiVersion.lastIndexOf("/") + 1);
    return join(this.folder, group, `${kind.toLowerCase()}_${version}.json`);
  }

  private versionsOf(manifest: Manifest): string[] {
    const group = groupOf(manifest);
    const folder = join(this.folder, group || "core");
    if (!existsSync(folder)) return [];
    const prefix = `${manifest.kind.toLowerCase()}_`;
    return readdirSync(folder)
      .filter((name) => name.startsWith(prefix))
      .map((name) => `${group === "" ? "" : `${group}/`}${name.slice(prefix.length, -".json".length)}`);
  }
}

function lenientRegExp(pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, flags);
  } catch {
    return /(?:)/;
  }
}
