// Sets minReplicas of a HorizontalPodAutoscaler to the minimum for the current time.
//
//   AUTOSCALER         namespace/name
//   MINIMUM_REPLICAS   usual=<pods>, then for each announced event <name>=<from>/<to>=<pods> (UTC), or `none`
//   KUBERNETES         URL of the Kubernetes API; NODE_EXTRA_CA_CERTS names its CA certificate
//   TOKEN_FILE         file with the service account's token
//
// Applies only this field, with its own field manager (server-side apply). Flux ignores the field. If several events
// overlap, the largest minimum applies. Exit status: 0 success, 1 error (the next run tries again).

import { readFileSync } from "node:fs";

const FIELD_MANAGER = "notejam-minimum-replicas";
/** Timeout of a request, in milliseconds. */
const REQUEST_TIMEOUT = 20_000;

const { AUTOSCALER = "", MINIMUM_REPLICAS = "", KUBERNETES = "", TOKEN_FILE = "" } = process.env;

function minimumAt(now) {
  const [usual = "", ...events] = MINIMUM_REPLICAS.split(",");
  const minimums = [{ name: "usual", pods: podsIn(usual, /^usual=(\d+)$/) }];
  for (const event of events.filter((text) => text !== "none")) {
    const [name, span = ""] = event.split("=");
    const [from, to] = span.split("/").map(Date.parse);
    if (!(from < to))
      throw new Error(`Invalid event "${event}" in MINIMUM_REPLICAS. Expected name=from/to=pods.`);
    if (from <= now && now < to) minimums.push({ name, pods: podsIn(event, /=(\d+)$/) });
  }
  return minimums.reduce((highest, minimum) => (minimum.pods > highest.pods ? minimum : highest));
}

function podsIn(text, pattern) {
  const pods = Number(pattern.exec(text)?.[1]);
  if (!(pods >= 1)) throw new Error(`"${text}" in MINIMUM_REPLICAS has no number of pods.`);
  return pods;
}

async function call(path, request) {
  const token = readFileSync(TOKEN_FILE, "utf8").trim();
  const response = await fetch(`${KUBERNETES}${path}`, {
    ...request,
    headers: { ...request.headers, accept: "application/json", authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(REQUEST_TIMEOUT),
  }).catch((error) => {
    throw new Error(`The Kubernetes API does not respond: ${error.cause?.message ?? error.message}`);
  });
  return { status: response.status, text: await response.text() };
}

async function setMinimumReplicas() {
  const [namespace, name] = AUTOSCALER.split("/");
  const path = `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers/${name}`;
  const minimum = minimumAt(Date.now());
  const found = await call(path, { method: "GET" });
  if (found.status === 404) return `${AUTOSCALER} does not exist yet.`;
  if (found.status !== 200) throw new Error(`Cannot read ${AUTOSCALER}: ${found.status} ${found.text}`);
  const applied = await call(`${path}?fieldManager=${FIELD_MANAGER}&force=true`, {
    method: "PATCH",
    headers: { "content-type": "application/apply-patch+yaml" },
    body: JSON.stringify({
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name, namespace },
      spec: { minReplicas: minimum.pods },
    }),
  });
  if (applied.status !== 200)
    throw new Error(`Cannot change ${AUTOSCALER}: ${applied.status} ${applied.text}`);
  const before = JSON.parse(found.text).spec.minReplicas;
  const change =
    before === minimum.pods
      ? `minReplicas stays ${before}`
      : `minReplicas changed from ${before} to ${minimum.pods}`;
  return `${AUTOSCALER}: ${change} (${minimum.name}).`;
}

await setMinimumReplicas().then(
  (message) => console.log(message),
  (error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
