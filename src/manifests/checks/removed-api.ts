import type { Diagnostic } from "../../diagnostic.js";
import type { Cluster } from "../../kubernetes/cluster.js";
import { describe } from "../../kubernetes/objects.js";
import { manifestError } from "../manifest-error.js";

/** API versions that were removed, with their successors. Used only without schemas, which are more complete. */
const SUCCESSORS: readonly (readonly [version: RegExp, successor: string])[] = [
  [/^autoscaling\/v2beta[12]$/, "autoscaling/v2"],
  [/^batch\/v1beta1$/, "batch/v1"],
  [/^extensions\/v1beta1$/, "networking.k8s.io/v1 or apps/v1"],
  [/^helm\.toolkit\.fluxcd\.io\/v2beta[12]$/, "helm.toolkit.fluxcd.io/v2"],
  [/^image\.toolkit\.fluxcd\.io\/v1(alpha|beta)\d$/, "image.toolkit.fluxcd.io/v1"],
  [/^kustomize\.toolkit\.fluxcd\.io\/v1beta\d$/, "kustomize.toolkit.fluxcd.io/v1"],
  [/^networking\.k8s\.io\/v1beta1$/, "networking.k8s.io/v1"],
  [
    /^notification\.toolkit\.fluxcd\.io\/v1beta[12]$/,
    "notification.toolkit.fluxcd.io/v1beta3 (Receiver: v1)",
  ],
  [/^policy\/v1beta1$/, "policy/v1"],
  [/^secrets-store\.csi\.x-k8s\.io\/v1alpha1$/, "secrets-store.csi.x-k8s.io/v1"],
  [/^source\.toolkit\.fluxcd\.io\/v1beta\d$/, "source.toolkit.fluxcd.io/v1"],
];

/** No object has a removed API version. */
export function removedApi({ objects }: Cluster): Diagnostic[] {
  return objects.flatMap((object) => {
    const [, successor] = SUCCESSORS.find(([version]) => version.test(object.apiVersion)) ?? [];
    if (successor === undefined) return [];
    return [
      manifestError("removed-api", describe(object), [
        `${object.apiVersion} is no longer served`,
        `write ${successor}`,
      ]),
    ];
  });
}
