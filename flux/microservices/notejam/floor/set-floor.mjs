// Sets minReplicas of a HorizontalPodAutoscaler to what holds at this moment.
//
//   AUTOSCALER   namespace/name
//   FLOORS       usual=<pods>, then for each announced event <name>=<from>/<to>=<pods>, instants in UTC; or `none`
//   KUBERNETES   the API's address; its authority comes by Node's own NODE_EXTRA_CA_CERTS
//   TOKEN_FILE   the pod's identity
//
// It applies that one field under a name of its own (server-side apply), so Flux, which is told to, leaves the field alone.
// Exit status 1 with a line that says why when the floor could not be set; a later run makes it good.

import { readFileSync } from "node:fs";

const FIELD_MANAGER = "notejam-floor";
/** Longest to wait for an answer, in milliseconds. */
const PATIENCE = 20_000;

const { AUTOSCALER = "", FLOORS = "", KUBERNETES = "", TOKEN_FILE = "" } = process.env;

function floorAt(now) {
  const [usual = "", ...events] = FLOORS.split(",");
  const floors = [{ name: "usual", pods: podsIn(usual, /^usual=(\d+)$/) }];
  for (const event of events.filter((text) => text !== "none")) {
    const [name, span = ""] = event.split("=");
    const [from, to] = span.split("/").map(Date.parse);
    if (!(from < to)) throw new Error(`FLOORS has "${event}", which is no name=from/to=pods.`);
    if (from <= now && now < to) floors.push({ name, pods: podsIn(event, /=(\d+)$/) });
  }
  return floors.reduce((highest, floor) => (floor.pods > highest.pods ? floor : highest));
}

function podsIn(text, pattern) {
  const pods = Number(pattern.exec(text)?.[1]);
  if (!(pods >= 1)) throw new Error(`FLOORS has "${text}", which names no number of pods.`);
  return pods;
}

async function call(path, request) {
  const token = readFileSync(TOKEN_FILE, "utf8").trim();
  const answer = await fetch(`${KUBERNETES}${path}`, {
    ...request,
    headers: { ...request.headers, accept: "application/json", authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(PATIENCE),
  }).catch((error) => {
    throw new Error(`The Kubernetes API does not answer: ${error.cause?.message ?? error.message}`);
  });
  return { status: answer.status, text: await answer.text() };
}

async function setFloor() {
  const [namespace, name] = AUTOSCALER.split("/");
  const path = `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers/${name}`;
  const floor = floorAt(Date.now());
  const found = await call(path, { method: "GET" });
  if (found.status === 404) return `${AUTOSCALER} is not there yet.`;
  if (found.status !== 200) throw new Error(`${AUTOSCALER} cannot be read: ${found.status} ${found.text}`);
  const applied = await call(`${path}?fieldManager=${FIELD_MANAGER}&force=true`, {
    method: "PATCH",
    headers: { "content-type": "application/apply-patch+yaml" },
    body: JSON.stringify({
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name, namespace },
      spec: { minReplicas: floor.pods },
    }),
  });
  if (applied.status !== 200) {
    throw new Error(`${AUTOSCALER} cannot be changed: ${applied.status} ${applied.text}`);
  }
  const before = JSON.parse(found.text).spec.minReplicas;
  const change = before === floor.pods ? `stays at ${before}` : `goes from ${before} to ${floor.pods}`;
  return `${AUTOSCALER}: the floor ${change} (${floor.name}).`;
}

await setFloor().then(
  (told) => console.log(told),
  (error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
