import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { listAt, textAt } from "../kubernetes/objects.js";

const FOLDER = "flux/microservices/notejam/floor";
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
/** Status of the answer, by method. */
let answers: Record<string, number>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "notejam-floor-"));
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

/** Runs the program as the CronJob does. */
function setFloor(floors: string) {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the API's stand-in has no port");
  return execa(process.execPath, [join(FOLDER, "set-floor.mjs")], {
    env: {
      AUTOSCALER: "notejam/notejam",
      FLOORS: floors,
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

/** The floor that was applied. */
const applied = () => JSON.parse(requests.find(({ method }) => method === "PATCH")?.body ?? "{}").spec;

describe("the floor of the application's autoscaler", () => {
  it.each([
    ["no event is announced", "usual=5,none", 5],
    ["an event lies ahead", `usual=5,${event("sale", 1, 9, 20)}`, 5],
    ["an event is over", `usual=5,${event("sale", -9, -1, 20)}`, 5],
  ])("is the usual one while %s", async (_when, floors, pods) => {
    await expect(setFloor(floors)).resolves.toMatchObject({ exitCode: 0 });
    expect(applied()).toEqual({ minReplicas: pods });
  });

  it("is the event's while it lasts", async () => {
    const told = await setFloor(`usual=5,${event("past", -9, -8, 30)},${event("sale", -1, 1, 20)}`);
    expect(applied()).toEqual({ minReplicas: 20 });
    expect(told.stdout).toBe("notejam/notejam: the floor goes from 5 to 20 (sale).");
  });

  it("is set as that one field, under a name of its own, in the pod's name", async () => {
    await setFloor("usual=5,none");
    expect(requests).toEqual([
      { method: "GET", url: PATH, token: "Bearer identity-of-the-pod", body: "" },
      {
        method: "PATCH",
        url: `${PATH}?fieldManager=notejam-floor&force=true`,
        token: "Bearer identity-of-the-pod",
        type: "application/apply-patch+yaml",
        body: expect.stringContaining('"spec":{"minReplicas":5}'),
      },
    ]);
  });

  it("waits for an autoscaler that is not there yet, and makes none", async () => {
    answers = { GET: 404 };
    await expect(setFloor("usual=5,none")).resolves.toMatchObject({ exitCode: 0 });
    expect(requests.map(({ method }) => method)).toEqual(["GET"]);
  });

  it.each([
    ["the API refuses", { GET: 200, PATCH: 403 }, "usual=5,none", /cannot be changed: 403/],
    ["the list has an event without end", { GET: 200 }, "usual=5,sale=2027-03-20T08:00Z=20", /from\/to=pods/],
    ["the usual floor is missing", { GET: 200 }, "none", /names no number of pods/],
  ])("fails with the reason when %s", async (_what, given, floors, words) => {
    answers = given;
    const ended = await setFloor(floors);
    expect(ended.exitCode).toBe(1);
    expect(ended.stderr).toMatch(words);
    expect(ended.stderr).not.toMatch(/\n\s+at /);
  });

  it("is set by the Node that the application's image has", () => {
    const job: unknown = parse(readFileSync(join(FOLDER, "cronjob.yaml"), "utf8"));
    const [container] = listAt(job, "spec", "jobTemplate", "spec", "template", "spec", "containers");
    const entrypoint = /^ENTRYPOINT \["([^"]+)"/m.exec(readFileSync("app/Dockerfile", "utf8"))?.[1];
    expect(textAt(container, "image")).toBe("notejam");
    expect(listAt(container, "command")).toEqual([entrypoint]);
  });
});
