import type { Cluster } from "../../kubernetes/cluster.js";
import { describe, type Manifest } from "../../kubernetes/objects.js";
import type { Finding } from "../finding.js";
import type { Schemas, SchemaVerdict } from "../schemas.js";

/** Every object fits its strict schema: no unknown field, no wrong type, no version that is not served. */
export function schema({ objects }: Cluster, schemas: Schemas): Finding[] {
  return objects.flatMap((object) =>
    faultsOf(object, schemas.validate(object)).map((what) => ({
      check: "schema",
      where: describe(object),
      what,
    })),
  );
}

function faultsOf({ apiVersion, kind }: Manifest, verdict: SchemaVerdict): readonly string[] {
  switch (verdict.kind) {
    case "valid":
      return [];
    case "unknown":
      return [`there is no schema for ${apiVersion} ${kind}: it is misspelt, or nothing installs it`];
    case "unserved":
      return [`${apiVersion} is not served any more; write ${verdict.details.join(" or ")}`];
    case "invalid":
      return verdict.details;
  }
}
