import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { listAt, textAt } from "../kubernetes/objects.js";

const FOLDER = "flux/microservices/notejam/minimum-replicas";
const PATH = "/apis/autoscaling/v2/namespaces/notejam/horizontalpodautoscalers/notejam";

interface Request {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly token: string | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

let folder: string;
let server: Server;
let requests: Request[];
/** Status codes of the API's responses, by method. */
let answers: Record<string, number>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "notejam-minimum-replicas-"));
  writeFileSync(join(folder, "token"), "identity-of-the-pod\n");
  requests = [];
  answers = { GET: 200, PATCH: 200 };
  server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request.setEncoding("utf8")) body += part;
    const { method, url, headers } = request;
    requests.push({ method, url, token: headers.authorization, type: headers["content-type"], body });
    response.writeHead(answers[method ?? ""] ?? 500).end(JSON.stringify({ spec: { minReplicas: 5 } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** Runs the script as the CronJob does. */
function setMinimumReplicas(minimums: string) {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the fake Kubernetes API has no port");
  return execa(process.execPath, [join(FOLDER, "set-minimum-replicas.mjs")], {
    env: {
      AUTOSCALER: "notejam/notejam",
      MINIMUM_REPLICAS: minimums,
      KUBERNETES: `http://127.0.0.1:${address.port}`,
      TOKEN_FILE: join(folder, "token"),
    },
    reject: false,
  });
}

const HOUR = 3_600_000;
const inHours = (hours: number) => new Date(Date.now() + hours * HOUR).toISOString();
const event = (name: string, from: number, to: number, pods: number) =>
  `${name}=${inHours(from)}/${inHours(to)}=${pods}`;

/** The spec that the script applied. */
const applied = () => JSON.parse(requests.find(({ method }) => method === "PATCH")?.body ?? "{}").spec;

describe("minimum replicas of the application", () => {
  it.each([
    ["no event is announced", "usual=5,none", 5],
    ["an event is in the future", `usual=5,${event("sale", 1, 9, 20)}`, 5],
    ["an event is over", `usual=5,${event("sale", -9, -1, 20)}`, 5],
  ])("is the usual minimum while %s", async (_when, minimums, pods) => {
    await expect(setMinimumReplicas(minimums)).resolves.toMatchObject({ exitCode: 0 });
    expect(applied()).toEqual({ minReplicas: pods });
  });

  it("is the event's minimum during the event", async () => {
    const { stdout } = await setMinimumReplicas(
      `usual=5,${event("past", -9, -8, 30)},${event("sale", -1, 1, 20)}`,
    );
    expect(applied()).toEqual({ minReplicas: 20 });
    expect(stdout).toBe("notejam/notejam: minReplicas changed from 5 to 20 (sale).");
  });

  it("is applied as a single field with its own field manager and the pod's token", async () => {
    await setMinimumReplicas("usual=5,none");
    expect(requests).toEqual([
      { method: "GET", url: PATH, token: "Bearer identity-of-the-pod", body: "" },
      {
        method: "PATCH",
        url: `${PATH}?fieldManager=notejam-minimum-replicas&force=true`,
        token: "Bearer identity-of-the-pod",
        type: "application/apply-patch+yaml",
        body: expect.stringContaining('"spec":{"minReplicas":5}'),
      },
    ]);
  });

  it("does not create a missing autoscaler", async () => {
    answers = { GET: 404 };
    await expect(setMinimumReplicas("usual=5,none")).resolves.toMatchObject({ exitCode: 0 });
    expect(requests.map(({ method }) => method)).toEqual(["GET"]);
  });

  it.each([
    ["the API denies the change", { GET: 200, PATCH: 403 }, "usual=5,none", /Cannot change .*: 403/],
    ["an event has no end", { GET: 200 }, "usual=5,sale=2027-03-20T08:00Z=20", /from\/to=pods/],
    ["the usual minimum is missing", { GET: 200 }, "none", /has no number of pods/],
  ])("exits with an error message when %s", async (_what, given, minimums, message) => {
    answers = given;
    const result = await setMinimumReplicas(minimums);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toMatch(/\n\s+at /);
  });

  it("runs with the Node.js of the application's image", () => {
    const job: unknown = parse(readFileSync(join(FOLDER, "cronjob.yaml"), "utf8"));
    const [container] = listAt(job, "spec", "jobTemplate", "spec", "template", "spec", "containers");
    const entrypoint = /^ENTRYPOINT \["([^"]+)"/m.exec(readFileSync("app/Dockerfile", "utf8"))?.[1];
    expect(textAt(container, "image")).toBe("notejam");
    expect(listAt(container, "command")).toEqual([entrypoint]);
  });
});
