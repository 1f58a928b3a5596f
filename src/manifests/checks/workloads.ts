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
import type { Finding } from "../finding.js";

const CHECK = "workloads";

/** Four times the usual traffic is a requirement of the business. */
const LEAST_GROWTH = 4;

/** What runs is bounded, watched, unprivileged, and replaced without loss. */
export function workloads(cluster: Cluster): Finding[] {
  const pods = podTemplates(cluster);
  return [
    ...pods.flatMap((template) => [...containerFindings(template), ...podFindings(template)]),
    ...ofKind(cluster, "Deployment").flatMap((deployment) => deploymentFindings(cluster, deployment, pods)),
    ...ofKind(cluster, "CronJob").flatMap(cronJobFindings),
    ...ofKind(cluster, "HorizontalPodAutoscaler").flatMap((scaler) => scalerFindings(cluster, scaler)),
    ...ofKind(cluster, "Secret").flatMap(secretFindings),
  ];
}

function findings(object: Manifest, faults: readonly (string | false | undefined)[]): Finding[] {
  return faults
    .filter((what): what is string => typeof what === "string")
    .map((what) => ({ check: CHECK, where: describe(object), what }));
}

function containerFindings(pods: PodTemplate): Finding[] {
  return containersOf(pods).flatMap((container) => {
    const name = `container ${textAt(container, "name")}`;
    return findings(pods.owner, [
      ...resourceFaults(name, container),
      imageFault(name, container),
      ...securityFaults(name, container),
    ]);
  });
}

function resourceFaults(name: string, container: Fields): (string | false)[] {
  const set = (...path: string[]) => at(container, "resources", ...path) !== undefined;
  return [
    !(set("requests", "cpu") && set("requests", "memory")) &&
      `${name} requests no CPU or memory, so it is placed anywhere and evicted first`,
    !set("limits", "memory") && `${name} has no memory limit, so its leak takes the node down`,
  ];
}

function imageFault(name: string, container: Fields): string | false {
  const image = textAt(container, "image") ?? "";
  const pinned = /@sha256:[0-9a-f]{64}$/.test(image) || /:(?!latest$)[\w][\w.-]*$/.test(image);
  return !pinned && `${name} runs ${image}, which is not pinned to a version`;
}

function securityFaults(name: string, container: Fields): (string | false)[] {
  const drops = listAt(container, "securityContext", "capabilities", "drop");
  return [
    at(container, "securityContext", "allowPrivilegeEscalation") !== false &&
      `${name} may gain privileges; write securityContext.allowPrivilegeEscalation: false`,
    at(container, "securityContext", "readOnlyRootFilesystem") !== true &&
      `${name} may write to its image; write securityContext.readOnlyRootFilesystem: true`,
    !drops.includes("ALL") && `${name} keeps capabilities; write securityContext.capabilities.drop: [ALL]`,
  ];
}

function podFindings({ owner, spec }: PodTemplate): Finding[] {
  return findings(owner, [
    at(spec, "securityContext", "runAsNonRoot") !== true &&
      "may run as root; write securityContext.runAsNonRoot: true",
    textAt(spec, "securityContext", "seccompProfile", "type") !== "RuntimeDefault" &&
      "may call all of the kernel; write securityContext.seccompProfile.type: RuntimeDefault",
    textAt(spec, "serviceAccountName") === undefined &&
      "runs as the namespace's default service account; give it its own",
  ]);
}

function deploymentFindings(cluster: Cluster, deployment: Manifest, pods: readonly PodTemplate[]): Finding[] {
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
  return findings(deployment, [
    scaled &&
      at(deployment.body, "spec", "replicas") !== undefined &&
      "states replicas although an autoscaler counts them: every apply would set them back; remove spec.replicas",
    !guarded && "has no PodDisruptionBudget: a drained node may take all of its pods at once",
    at(deployment.body, "spec", "strategy", "rollingUpdate", "maxUnavailable") !== 0 &&
      "takes pods away before new ones serve; write strategy.rollingUpdate.maxUnavailable: 0",
    ...(template === undefined ? [] : servingFaults(cluster, template)),
  ]);
}

function servingFaults(cluster: Cluster, template: PodTemplate): (string | false)[] {
  const [container] = containersOf(template);
  const zones = listAt(template.spec, "topologySpreadConstraints").map((entry) =>
    textAt(entry, "topologyKey"),
  );
  return [
    at(container, "readinessProbe") === undefined &&
      "has no readinessProbe: requests reach pods that cannot answer",
    at(container, "livenessProbe") === undefined && "has no livenessProbe: a pod that hangs stays",
    !zones.includes("topology.kubernetes.io/zone") &&
      "is not spread over zones: the loss of one may take all pods",
    ...drainFaults(cluster, template),
  ];
}

/** The load balancer goes on sending for its deregistration delay after Kubernetes has begun to stop the pod. */
function drainFaults(cluster: Cluster, { owner, spec }: PodTemplate): (string | false)[] {
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
    pause < delay &&
      `stops after ${pause} s, while the load balancer sends for ${delay} s; lengthen lifecycle.preStop.sleep`,
    grace <= pause &&
      `is killed after ${grace} s, before it has drained; lengthen terminationGracePeriodSeconds`,
  ];
}

function cronJobFindings(job: Manifest): Finding[] {
  const schedule = textAt(job.body, "spec", "schedule") ?? "";
  const [minute = "", ...rest] = schedule.split(/\s+/);
  const policy = textAt(job.body, "spec", "concurrencyPolicy") ?? "Allow";
  return findings(job, [
    minute === "*" &&
      rest.some((field) => field !== "*") &&
      `schedule "${schedule}" starts it every minute of the hours meant; write a minute`,
    policy === "Allow" && "may run twice at a time; write concurrencyPolicy: Forbid",
    numberAt(job.body, "spec", "startingDeadlineSeconds") === undefined &&
      "has no startingDeadlineSeconds: after 100 missed starts it never starts again",
    numberAt(job.body, "spec", "jobTemplate", "spec", "activeDeadlineSeconds") === undefined &&
      "has no activeDeadlineSeconds: one that hangs blocks all that follow",
  ]);
}

function scalerFindings(cluster: Cluster, scaler: Manifest): Finding[] {
  const least = numberAt(scaler.body, "spec", "minReplicas") ?? 1;
  const most = numberAt(scaler.body, "spec", "maxReplicas") ?? 0;
  const target = textAt(scaler.body, "spec", "scaleTargetRef", "name");
  const measured = podTemplates(cluster).some(
    ({ owner }) => owner.name === target && owner.namespace === scaler.namespace,
  );
  return findings(scaler, [
    measured &&
      most < LEAST_GROWTH * least &&
      `grows from ${least} to ${most} pods; events bring ${LEAST_GROWTH} times the usual`,
  ]);
}

/** What is in Git is known to everybody who reads it, for good. Base64 hides nothing. */
function secretFindings(secret: Manifest): Finding[] {
  const holds = at(secret.body, "data") !== undefined || at(secret.body, "stringData") !== undefined;
  return findings(secret, [holds && "holds its values in Git; keep them in Secrets Manager and mount them"]);
}
