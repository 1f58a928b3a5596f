import type { Diagnostic } from "../../diagnostic.js";
import { type Cluster, ofKind } from "../../kubernetes/cluster.js";
import {
  at,
  describe,
  type Fields,
  listAt,
  type Manifest,
  numberAt,
  textAt,
  textsAt,
} from "../../kubernetes/objects.js";
import { containersOf, matches, type PodTemplate, podTemplates } from "../../kubernetes/pods.js";
import { type Fault, manifestError } from "../manifest-error.js";

const CHECK = "workloads";

/** Business requirement: four times the usual traffic. */
const MIN_GROWTH = 4;

/** Workloads have resource limits, probes, no privileges, and are replaced without downtime. */
export function workloads(cluster: Cluster): Diagnostic[] {
  const pods = podTemplates(cluster);
  return [
    ...pods.flatMap((template) => [...checkContainer(template), ...checkPod(template)]),
    ...ofKind(cluster, "Deployment").flatMap((deployment) => checkDeployment(cluster, deployment, pods)),
    ...ofKind(cluster, "CronJob").flatMap(checkCronJob),
    ...ofKind(cluster, "HorizontalPodAutoscaler").flatMap((scaler) => checkScaler(cluster, scaler)),
    ...ofKind(cluster, "Secret").flatMap(checkSecret),
  ];
}

function errors(object: Manifest, faults: readonly (Fault | false)[]): Diagnostic[] {
  return faults
    .filter((fault) => fault !== false)
    .map((fault) => manifestError(CHECK, describe(object), fault));
}

function checkContainer(pods: PodTemplate): Diagnostic[] {
  return containersOf(pods).flatMap((container) => {
    const name = `container ${textAt(container, "name")}`;
    return errors(pods.owner, [
      ...resourceFaults(name, container),
      imageFault(name, container),
      ...securityFaults(name, container),
    ]);
  });
}

function resourceFaults(name: string, container: Fields): (Fault | false)[] {
  const set = (...path: string[]) => at(container, "resources", ...path) !== undefined;
  return [
    !(set("requests", "cpu") && set("requests", "memory")) &&
      `${name} requests no CPU or memory, so it is scheduled anywhere and evicted first`,
    !set("limits", "memory") && `${name} has no memory limit, so a memory leak affects the whole node`,
  ];
}

function imageFault(name: string, container: Fields): Fault | false {
  const image = textAt(container, "image") ?? "";
  const pinned = /@sha256:[0-9a-f]{64}$/.test(image) || /:(?!latest$)[\w][\w.-]*$/.test(image);
  return !pinned && `${name} has image ${image}, which is not pinned to a version`;
}

function securityFaults(name: string, container: Fields): (Fault | false)[] {
  const drops = listAt(container, "securityContext", "capabilities", "drop");
  return [
    at(container, "securityContext", "allowPrivilegeEscalation") !== false && [
      `${name} can gain privileges`,
      "write securityContext.allowPrivilegeEscalation: false",
    ],
    at(container, "securityContext", "readOnlyRootFilesystem") !== true && [
      `${name} can write to its root filesystem`,
      "write securityContext.readOnlyRootFilesystem: true",
    ],
    !drops.includes("ALL") && [
      `${name} keeps Linux capabilities`,
      "write securityContext.capabilities.drop: [ALL]",
    ],
  ];
}

function checkPod({ owner, spec }: PodTemplate): Diagnostic[] {
  return errors(owner, [
    at(spec, "securityContext", "runAsNonRoot") !== true && [
      "can run as root",
      "write securityContext.runAsNonRoot: true",
    ],
    textAt(spec, "securityContext", "seccompProfile", "type") !== "RuntimeDefault" && [
      "has no seccomp profile",
      "write securityContext.seccompProfile.type: RuntimeDefault",
    ],
    textAt(spec, "serviceAccountName") === undefined && [
      "runs as the default service account of the namespace",
      "create a service account for it",
    ],
  ]);
}

function checkDeployment(cluster: Cluster, deployment: Manifest, pods: readonly PodTemplate[]): Diagnostic[] {
  const template = pods.find(({ owner }) => owner === deployment);
  const scaled = ofKind(cluster, "HorizontalPodAutoscaler").some(
    ({ namespace, body }) =>
      namespace === deployment.namespace &&
      textAt(body, "spec", "scaleTargetRef", "name") === deployment.name,
  );
  const guarded = ofKind(cluster, "PodDisruptionBudget").some(
    ({ namespace, body }) =>
      namespace === deployment.namespace &&
      matches(textsAt(body, "spec", "selector", "matchLabels"), template?.labels ?? {}),
  );
  return errors(deployment, [
    scaled &&
      at(deployment.body, "spec", "replicas") !== undefined && [
        "sets replicas although an autoscaler manages them: every apply would reset them",
        "remove spec.replicas",
      ],
    !guarded && "has no PodDisruptionBudget: draining a node could stop all of its pods at once",
    at(deployment.body, "spec", "strategy", "rollingUpdate", "maxUnavailable") !== 0 && [
      "stops pods before new ones are ready",
      "write strategy.rollingUpdate.maxUnavailable: 0",
    ],
    ...(template === undefined ? [] : servingFaults(cluster, template)),
  ]);
}

function servingFaults(cluster: Cluster, template: PodTemplate): (Fault | false)[] {
  const [container] = containersOf(template);
  const zones = listAt(template.spec, "topologySpreadConstraints").map((entry) =>
    textAt(entry, "topologyKey"),
  );
  return [
    at(container, "readinessProbe") === undefined &&
      "has no readinessProbe: pods get requests before they are ready",
    at(container, "livenessProbe") === undefined && "has no livenessProbe: a hung pod is not restarted",
    !zones.includes("topology.kubernetes.io/zone") &&
      "is not spread over zones: the loss of one zone could stop all pods",
    ...drainFaults(cluster, template),
  ];
}

/** The load balancer sends requests for its deregistration delay after Kubernetes has started to stop the pod. */
function drainFaults(cluster: Cluster, { owner, spec }: PodTemplate): (Fault | false)[] {
  const delays = ofKind(cluster, "Ingress")
    .filter(({ namespace }) => namespace === owner.namespace)
    .map(({ body }) =>
      textAt(body, "metadata", "annotations", "alb.ingress.kubernetes.io/target-group-attributes"),
    )
    .map((attributes) => /deregistration_delay\.timeout_seconds=(\d+)/.exec(attributes ?? "")?.[1] ?? "300");
  if (delays.length === 0) return [];
  const delay = Math.max(...delays.map(Number));
  const [container] = listAt(spec, "containers");
  const pause = numberAt(container, "lifecycle", "preStop", "sleep", "seconds") ?? 0;
  const grace = numberAt(spec, "terminationGracePeriodSeconds") ?? 30;
  return [
    pause < delay && [
      `stops after ${pause} s, while the load balancer sends requests for ${delay} s`,
      "increase lifecycle.preStop.sleep",
    ],
    grace <= pause && [
      `is killed after ${grace} s, before its connections are drained`,
      "increase terminationGracePeriodSeconds",
    ],
  ];
}

function checkCronJob(job: Manifest): Diagnostic[] {
  const schedule = textAt(job.body, "spec", "schedule") ?? "";
  const [minute = "", ...rest] = schedule.split(/\s+/);
  const policy = textAt(job.body, "spec", "concurrencyPolicy") ?? "Allow";
  return errors(job, [
    minute === "*" &&
      rest.some((field) => field !== "*") && [
        `schedule "${schedule}" starts it every minute of these hours`,
        "write a minute",
      ],
    policy === "Allow" && ["can run twice at the same time", "write concurrencyPolicy: Forbid"],
    numberAt(job.body, "spec", "startingDeadlineSeconds") === undefined &&
      "has no startingDeadlineSeconds: after 100 missed starts it never starts again",
    numberAt(job.body, "spec", "jobTemplate", "spec", "activeDeadlineSeconds") === undefined &&
      "has no activeDeadlineSeconds: a hung job blocks all later runs",
  ]);
}

function checkScaler(cluster: Cluster, scaler: Manifest): Diagnostic[] {
  const min = numberAt(scaler.body, "spec", "minReplicas") ?? 1;
  const max = numberAt(scaler.body, "spec", "maxReplicas") ?? 0;
  const target = textAt(scaler.body, "spec", "scaleTargetRef", "name");
  const measured = podTemplates(cluster).some(
    ({ owner }) => owner.name === target && owner.namespace === scaler.namespace,
  );
  return errors(scaler, [
    measured &&
      max < MIN_GROWTH * min &&
      `scales from ${min} to ${max} pods; events need ${MIN_GROWTH} times the usual`,
  ]);
}

/** A secret in Git is readable forever for everyone with access to the repository; Base64 is not encryption. */
function checkSecret(secret: Manifest): Diagnostic[] {
  const holds = at(secret.body, "data") !== undefined || at(secret.body, "stringData") !== undefined;
  return errors(secret, [holds && ["has its values in Git", "store them in Secrets Manager and mount them"]]);
}
