/** Namespace of Flux's controllers and objects. */
export const FLUX_NAMESPACE = "flux-system";

/** ConfigMap with the variables that Flux substitutes in the tree. */
export const CLUSTER_VARS = "cluster-vars";

/** Service account of the controller that lists the images of a registry. */
export const IMAGE_REFLECTOR_SERVICE_ACCOUNT = {
  namespace: FLUX_NAMESPACE,
  serviceAccount: "image-reflector-controller",
} as const;
