import type { Diagnostic } from "../../diagnostic.js";
import type { Cluster } from "../../kubernetes/cluster.js";
import { describe, type Manifest } from "../../kubernetes/objects.js";
import { type Fault, manifestError } from "../manifest-error.js";
import type { SchemaResult, Schemas } from "../schemas.js";

/** Every object matches its strict schema: known fields, right types, a served version. */
export function schema({ objects }: Cluster, schemas: Schemas): Diagnostic[] {
  return objects.flatMap((object) =>
    faultsOf(object, schemas.validate(object)).map((fault) =>
      manifestError("schema", describe(object), fault),
    ),
  );
}

function faultsOf({ apiVersion, kind }: Manifest, result: SchemaResult): readonly Fault[] {
  switch (result.kind) {
    case "valid":
      return [];
    case "unknown":
      return [[`there is no schema for ${apiVersion} ${kind}`, "correct its name, or install its CRD"]];
    case "unserved":
      return [[`${apiVersion} is no longer served`, `write ${result.details.join(" or ")}`]];
    case "invalid":
      return result.details;
  }
}
