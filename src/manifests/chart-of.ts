import type { Cluster } from "../kubernetes/cluster.js";
import { ofKind } from "../kubernetes/cluster.js";
import { type Manifest, textAt } from "../kubernetes/objects.js";

/** Chart of a release. */
export interface Chart {
  readonly name: string;
  /** Version, range or tag, as written; undefined if there is none. */
  readonly version: string | undefined;
}

/** Returns the chart of a HelmRelease, also from an OCI source; undefined if there is none. */
export function chartOf(cluster: Pick<Cluster, "objects">, release: Manifest): Chart | undefined {
  const { body, namespace } = release;
  const name = textAt(body, "spec", "chart", "spec", "chart");
  if (name !== undefined) return { name, version: textAt(body, "spec", "chart", "spec", "version") };
  const wanted = textAt(body, "spec", "chartRef", "name");
  const space = textAt(body, "spec", "chartRef", "namespace") ?? namespace;
  const source = ofKind(cluster, "OCIRepository").find(
    (candidate) => candidate.name === wanted && candidate.namespace === space,
  );
  const url = textAt(source?.body, "spec", "url");
  if (source === undefined || url === undefined) return undefined;
  const version = textAt(source.body, "spec", "ref", "tag") ?? textAt(source.body, "spec", "ref", "digest");
  return { name: url.slice(url.lastIndexOf("/") + 1), version };
}
