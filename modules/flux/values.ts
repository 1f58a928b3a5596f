/** Values of the chart `flux-operator`. */
export const OPERATOR_VALUES = {
  // Its status page would be one more thing to guard; Grafana shows the same.
  web: { enabled: false },
  priorityClassName: "system-cluster-critical",
  serviceMonitor: { create: false },
} as const;

export interface FluxInstanceValuesProps {
  /** Such as `2.9.4`. */
  readonly fluxVersion: string;
  readonly sourceName: string;
  readonly url: string;
  readonly branch: string;
  /** Folder that holds the first Kustomizations. */
  readonly folder: string;
  /** Secret with the deploy key. */
  readonly pullSecret: string;
  /** ConfigMap that the root Kustomization substitutes from. */
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

/** Indexes of big charts do not fit into the default of 1 GiB. */
const SOURCE_CONTROLLER_MEMORY = "1500Mi";

/** Values of the chart `flux-instance`. */
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
          // A dependency that became ready is noticed after 5 s instead of 30.
          patch("Deployment", "(kustomize-controller|helm-controller)", [
            argument("--requeue-dependency=5s"),
          ]),
          // A variable that is not defined fails the Kustomization instead of becoming an empty text.
          patch("Deployment", "kustomize-controller", [
            // The second gate: a repaired release does not wait until the broken one's health checks time out.
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
    // The release is complete only when Flux reports that it is.
    healthcheck: { enabled: true, timeout: "5m" },
  };
}

interface Operation {
  readonly op: "add" | "replace";
  readonly path: string;
  readonly value: unknown;
}

/** A JSON patch, as text. The target must not name a namespace. */
function patch(kind: string, name: string, operations: readonly Operation[]) {
  return { target: { kind, name }, patch: JSON.stringify(operations) };
}

function argument(value: string): Operation {
  return { op: "add", path: "/spec/template/spec/containers/0/args/-", value };
}

function replaceMemoryLimit(value: string): Operation {
  return { op: "replace", path: "/spec/template/spec/containers/0/resources/limits/memory", value };
}
