/** Values of the chart `flux-operator`. */
export const OPERATOR_VALUES = {
  // The status page would need protection. Grafana shows the same.
  web: { enabled: false },
  priorityClassName: "system-cluster-critical",
  serviceMonitor: { create: false },
} as const;

export interface FluxInstanceValuesProps {
  /** Version of Flux, such as `2.9.4`. */
  readonly fluxVersion: string;
  readonly sourceName: string;
  readonly url: string;
  readonly branch: string;
  /** Folder of the root Kustomization. */
  readonly folder: string;
  /** Secret with the deploy key. */
  readonly pullSecret: string;
  /** ConfigMap with the values of variables. */
  readonly clusterVars: string;
}

const COMPONENTS = [
  "source-controller",
  "kustomize-controller",
  "helm-controller",
  "notification-controller",
  "image-reflector-controller",
  "image-automation-controller",
];

/** The default of 1 GiB is too small for large chart indexes. */
const SOURCE_CONTROLLER_MEMORY = "1500Mi";

/** Returns the values of the chart `flux-instance`. */
export function fluxInstanceValues(props: FluxInstanceValuesProps) {
  return {
    instance: {
      distribution: { version: props.fluxVersion, registry: "ghcr.io/fluxcd" },
      components: COMPONENTS,
      cluster: { type: "aws", size: "medium", networkPolicy: true, multitenant: false },
      sync: {
        kind: "GitRepository",
        name: props.sourceName,
        url: props.url,
        ref: `refs/heads/${props.branch}`,
        path: props.folder,
        pullSecret: props.pullSecret,
        interval: "5m",
      },
      kustomize: {
        patches: [
          patch("Deployment", "source-controller", [replaceMemoryLimit(SOURCE_CONTROLLER_MEMORY)]),
          // Checks dependencies every 5 s instead of every 30 s.
          patch("Deployment", "(kustomize-controller|helm-controller)", [
            argument("--requeue-dependency=5s"),
          ]),
          // StrictPostBuildSubstitutions: an undefined variable is an error instead of an empty string.
          patch("Deployment", "kustomize-controller", [
            // CancelHealthCheckOnNewRevision: a new revision cancels health checks of the previous one.
            argument("--feature-gates=StrictPostBuildSubstitutions=true,CancelHealthCheckOnNewRevision=true"),
          ]),
          patch("Kustomization", props.sourceName, [
            {
              op: "add",
              path: "/spec/postBuild",
              value: { substituteFrom: [{ kind: "ConfigMap", name: props.clusterVars }] },
            },
          ]),
        ],
      },
    },
    // The Helm release waits until Flux is ready.
    healthcheck: { enabled: true, timeout: "5m" },
  };
}

interface Operation {
  readonly op: "add" | "replace";
  readonly path: string;
  readonly value: unknown;
}

/** Returns a patch with JSON operations as text. The target must not contain a namespace. */
function patch(kind: string, name: string, operations: readonly Operation[]) {
  return { target: { kind, name }, patch: JSON.stringify(operations) };
}

function argument(value: string): Operation {
  return { op: "add", path: "/spec/template/spec/containers/0/args/-", value };
}

function replaceMemoryLimit(value: string): Operation {
  return { op: "replace", path: "/spec/template/spec/containers/0/resources/limits/memory", value };
}
