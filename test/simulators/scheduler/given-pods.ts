import { type PodSet, SYSTEM_PRIORITY } from "./pod-set.js";

const ANYWHERE_UNTAINTED = { tolerates: () => false };
const ONE_AT_A_TIME = { maxUnavailable: 1 };
const FLUX_CONTROLLER = { count: 1, requests: { millicores: 100, mebibytes: 64 }, ...ANYWHERE_UNTAINTED };

/**
 * Pods without manifests in this repository: of EKS add-ons (modules/eks/system-addons.ts) and of Flux, with their
 * default requests.
 *
 * @see https://github.com/fluxcd/flux2/tree/main/manifests/bases
 */
export const GIVEN_PODS: readonly PodSet[] = [
  {
    name: "coredns",
    count: 2,
    requests: { millicores: 100, mebibytes: 70 },
    priority: SYSTEM_PRIORITY,
    budget: ONE_AT_A_TIME,
    ...ANYWHERE_UNTAINTED,
  },
  {
    name: "metrics-server",
    count: 2,
    requests: { millicores: 100, mebibytes: 200 },
    priority: SYSTEM_PRIORITY,
    budget: ONE_AT_A_TIME,
    ...ANYWHERE_UNTAINTED,
  },
  {
    name: "ebs-csi-controller",
    count: 2,
    requests: { millicores: 60, mebibytes: 240 },
    priority: SYSTEM_PRIORITY,
    budget: ONE_AT_A_TIME,
    ...ANYWHERE_UNTAINTED,
  },
  {
    name: "amazon-cloudwatch-observability",
    count: 1,
    requests: { millicores: 100, mebibytes: 64 },
    ...ANYWHERE_UNTAINTED,
  },
  {
    name: "flux-operator",
    count: 1,
    requests: { millicores: 100, mebibytes: 64 },
    priority: SYSTEM_PRIORITY,
    ...ANYWHERE_UNTAINTED,
  },
  { name: "source-controller", ...FLUX_CONTROLLER },
  { name: "kustomize-controller", ...FLUX_CONTROLLER },
  { name: "helm-controller", ...FLUX_CONTROLLER },
  { name: "notification-controller", ...FLUX_CONTROLLER },
  { name: "image-reflector-controller", ...FLUX_CONTROLLER },
  { name: "image-automation-controller", ...FLUX_CONTROLLER },
];
