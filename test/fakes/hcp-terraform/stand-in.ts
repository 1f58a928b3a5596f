import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import type { ServerCertificate } from "./certificate.js";

/*
 * Fake of the parts of HCP Terraform that the `cloud` block and `pipeline plan` use: service discovery, ping,
 * entitlements, workspaces, states, configuration versions and their upload, plan-only runs, plans, logs.
 *
 * It tests requests and the handling of responses. It does not test that HCP Terraform accepts the requests, the
 * contents of plans (log and plan are given), permissions of teams except "this token, this workspace", queues of runs,
 * variables, agents, policies, cost estimates and AWS. Its responses follow the public API documentation
 * (https://developer.hashicorp.com/terraform/cloud-docs/api-docs).
 */

/** Existing workspace. */
export interface StandInWorkspace {
  readonly name: string;
  readonly terraformVersion: string;
}

/** Result of a run, with its log. */
export interface StandInOutcome {
  readonly status: "planned_and_finished" | "errored";
  /** Lines of the log, each one JSON event of Terraform. */
  readonly log: readonly object[];
  /** Redacted plan; undefined if the run failed. */
  readonly plan?: object;
}

export interface StandInProps {
  readonly certificate: ServerCertificate;
  readonly organization: string;
  /** Existing workspaces. Tests can change them. */
  workspaces: readonly StandInWorkspace[];
  /** Valid token. */
  readonly token: string;
  /** Outcome of the next runs. Tests can change it. */
  outcome: StandInOutcome;
}

/** Started run. */
export interface StandInRun {
  readonly id: string;
  readonly workspace: string;
  readonly configurationVersion: string;
  /** Attributes of the request. */
  readonly asked: Readonly<Record<string, unknown>>;
  polls: number;
}

/** Configuration version. */
export interface StandInConfiguration {
  readonly id: string;
  readonly workspace: string;
  readonly asked: Readonly<Record<string, unknown>>;
  /** Uploaded archive (tar, gzip). */
  archive: Buffer | undefined;
}

/** Stored state version. */
export interface StandInState {
  readonly id: string;
  readonly workspace: string;
  readonly serial: number;
  /** Uploaded state; undefined before the upload. */
  content: string | undefined;
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body: Buffer;
  readonly params: readonly string[];
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  /** Plain text instead of JSON. */
  readonly text?: string;
}

type Route = readonly [method: string, path: RegExp, answer: (call: Call) => Answer, open?: "without token"];

const NOT_FOUND: Answer = { status: 404, body: { errors: [{ status: "404", title: "not found" }] } };

export class StandIn {
  readonly runs: StandInRun[] = [];
  readonly configurations: StandInConfiguration[] = [];
  readonly states: StandInState[] = [];
  /** All requests, as `GET /api/v2/ping 204`. */
  readonly requests: string[] = [];
  /** Workspaces that clients tried to create. */
  readonly refusedWorkspaces: string[] = [];

  readonly props: StandInProps;
  private readonly server: Server;
  private readonly proxy: Server;
  private readonly routes: readonly Route[];

  constructor(props: StandInProps) {
    this.props = props;
    this.routes = this.allRoutes();
    const { key, certificate: cert } = props.certificate;
    this.server = createHttpsServer(
      { key, cert },
      (request, response) => void this.handle(request, response),
    );
    // The proxy connects every host to the fake.
    this.proxy = createHttpServer().on("connect", (_request, socket, head) => {
      const upstream = connect(this.port, "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
        upstream.write(head);
        upstream.pipe(socket).pipe(upstream);
      });
      upstream.on("error", () => socket.destroy());
      socket.on("error", () => upstream.destroy());
    });
  }

  async start(): Promise<void> {
    for (const server of [this.server, this.proxy]) {
      await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    }
  }

  async stop(): Promise<void> {
    for (const server of [this.server, this.proxy]) {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    }
  }

  get port(): number {
    return portOf(this.server);
  }

  /** Value for `HTTPS_PROXY`. */
  get proxyUrl(): string {
    return `http://127.0.0.1:${portOf(this.proxy)}`;
  }

  forget(): void {
    for (const list of [this.runs, this.configurations, this.states, this.requests, this.refusedWorkspaces])
      list.length = 0;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const { pathname } = new URL(request.url ?? "/", "https://stand-in");
    const method = request.method ?? "GET";
    const { status, body, text } = this.answer(method, request, pathname, Buffer.concat(parts));
    this.requests.push(`${method} ${pathname} ${status}`);
    response.writeHead(status, {
      "content-type": contentType(pathname, text),
      "tfp-api-version": "2.6",
      "tfp-appname": "HCP Terraform",
    });
    response.end(text ?? (body === undefined ? undefined : JSON.stringify(body)));
  }

  private answer(method: string, request: IncomingMessage, path: string, body: Buffer): Answer {
    for (const [verb, pattern, answer, open] of this.routes) {
      const match = verb === method ? pattern.exec(path) : null;
      if (match === null) continue;
      if (open === undefined && request.headers.authorization !== `Bearer ${this.props.token}`)
        return { status: 401, body: { errors: [{ status: "401", title: "unauthorized" }] } };
      return answer({ method, path: request.url ?? path, body, params: match.slice(1) });
    }
    return NOT_FOUND;
  }

  private allRoutes(): Route[] {
    return [...this.serviceRoutes(), ...this.workspaceRoutes(), ...this.stateRoutes(), ...this.runRoutes()];
  }

  private serviceRoutes(): Route[] {
    const services = ["state.v2", "tfe.v2", "tfe.v2.1", "tfe.v2.2"];
    return [
      [
        "GET",
        /^\/\.well-known\/terraform\.json$/,
        () => ({ status: 200, body: Object.fromEntries(services.map((service) => [service, "/api/v2/"])) }),
        "without token",
      ],
      ["GET", /^\/api\/v2\/ping$/, () => ({ status: 204 }), "without token"],
      [
        "GET",
        /^\/api\/v2\/organizations\/([^/]+)\/entitlement-set$/,
        ({ params: [organization = ""] }) =>
          organization === this.props.organization
            ? { status: 200, body: { data: entitlements(organization) } }
            : NOT_FOUND,
      ],
    ];
  }

  private workspaceRoutes(): Route[] {
    return [
      [
        "GET",
        /^\/api\/v2\/organizations\/([^/]+)\/workspaces\/([^/]+)$/,
        ({ params: [organization, name] }) =>
          organization === this.props.organization ? this.workspace(name) : NOT_FOUND,
      ],
      [
        "POST",
        /^\/api\/v2\/organizations\/[^/]+\/workspaces$/,
        ({ body }) => {
          // Teams that plan or apply cannot create workspaces. The API answers 404.
          this.refusedWorkspaces.push(String(attributesOf(body).name));
          return NOT_FOUND;
        },
      ],
      ["GET", /^\/api\/v2\/workspaces\/ws-([^/]+)$/, ({ params: [name] }) => this.workspace(name)],
      [
        "POST",
        /^\/api\/v2\/workspaces\/ws-([^/]+)\/actions\/(?:lock|unlock)$/,
        ({ params: [name] }) => this.workspace(name),
      ],
    ];
  }

  private stateRoutes(): Route[] {
    return [
      [
        "GET",
        /^\/api\/v2\/workspaces\/ws-([^/]+)\/current-state-version$/,
        ({ params: [name = ""] }) => {
          const state = this.states.findLast(({ workspace }) => workspace === name);
          return state === undefined ? NOT_FOUND : { status: 200, body: { data: this.stateVersion(state) } };
        },
      ],
      [
        "POST",
        /^\/api\/v2\/workspaces\/ws-([^/]+)\/state-versions$/,
        ({ params: [workspace = ""], body }) => {
          const id = `sv-${this.states.length + 1}`;
          const state = { id, workspace, serial: Number(attributesOf(body).serial), content: undefined };
          this.states.push(state);
          return { status: 201, body: { data: this.stateVersion(state) } };
        },
      ],
      [
        "PUT",
        /^\/states\/(sv-\d+)(\/json)?$/,
        ({ params: [id, json], body }) => {
          const state = this.states.find((each) => each.id === id);
          if (state === undefined) return NOT_FOUND;
          // Terraform uploads outputs a second time, in a format for the user interface.
          if (json === undefined) state.content = body.toString("utf8");
          return { status: 200, text: "" };
        },
        "without token",
      ],
      [
        "GET",
        /^\/api\/v2\/state-versions\/(sv-\d+)$/,
        ({ params: [id] }) => {
          const state = this.states.find((each) => each.id === id);
          return state === undefined ? NOT_FOUND : { status: 200, body: { data: this.stateVersion(state) } };
        },
      ],
      [
        "GET",
        /^\/states\/(sv-\d+)$/,
        ({ params: [id] }) => {
          const content = this.states.find((each) => each.id === id)?.content;
          return content === undefined ? NOT_FOUND : { status: 200, text: content };
        },
      ],
    ];
  }

  private runRoutes(): Route[] {
    return [
      [
        "POST",
        /^\/api\/v2\/workspaces\/ws-([^/]+)\/configuration-versions$/,
        ({ params: [workspace = ""], body }) => {
          const id = `cv-${this.configurations.length + 1}`;
          this.configurations.push({ id, workspace, asked: attributesOf(body), archive: undefined });
          return { status: 201, body: { data: this.configuration(id) } };
        },
      ],
      [
        "PUT",
        /^\/uploads\/(cv-\d+)$/,
        ({ params: [id], body }) => {
          const configuration = this.configurations.find((each) => each.id === id);
          if (configuration === undefined) return NOT_FOUND;
          configuration.archive = body;
          return { status: 200, text: "" };
        },
        "without token",
      ],
      [
        "GET",
        /^\/api\/v2\/configuration-versions\/(cv-\d+)$/,
        ({ params: [id = ""] }) => ({ status: 200, body: { data: this.configuration(id) } }),
      ],
      ["POST", /^\/api\/v2\/runs$/, ({ body }) => this.startRun(body)],
      ["GET", /^\/api\/v2\/runs\/(run-\d+)$/, ({ params: [id] }) => this.pollRun(id)],
      ["GET", /^\/api\/v2\/runs\/run-\d+\/run-events$/, () => ({ status: 200, body: { data: [] } })],
      [
        "GET",
        /^\/api\/v2\/plans\/plan-(\d+)$/,
        ({ params: [number] }) => ({ status: 200, body: { data: this.plan(`run-${number}`) } }),
      ],
      [
        "GET",
        /^\/api\/v2\/plans\/plan-\d+\/json-output-redacted$/,
        () =>
          this.props.outcome.plan === undefined
            ? { status: 204 }
            : { status: 200, body: this.props.outcome.plan },
      ],
      ["GET", /^\/logs\/run-\d+$/, ({ path }) => this.log(path), "without token"],
    ];
  }

  private get origin(): string {
    return `https://localhost:${this.port}`;
  }

  private workspace(name: string | undefined): Answer {
    const data = this.workspaceData(name);
    return data === undefined ? NOT_FOUND : { status: 200, body: { data } };
  }

  private workspaceData(name: string | undefined): object | undefined {
    const found = this.props.workspaces.find((workspace) => workspace.name === name);
    if (found === undefined) return undefined;
    return {
      id: `ws-${found.name}`,
      type: "workspaces",
      attributes: {
        name: found.name,
        "execution-mode": "remote",
        operations: true,
        locked: false,
        "auto-apply": false,
        "structured-run-output-enabled": true,
        "terraform-version": found.terraformVersion,
        permissions: {
          "can-create-state-versions": true,
          "can-lock": true,
          "can-queue-apply": false,
          "can-queue-run": true,
          "can-unlock": true,
        },
      },
      relationships: { organization: { data: { id: this.props.organization, type: "organizations" } } },
    };
  }

  private stateVersion({ id, serial, content }: StandInState): object {
    return {
      id,
      type: "state-versions",
      attributes: {
        serial,
        status: content === undefined ? "pending" : "finalized",
        size: content?.length ?? 0,
        "hosted-state-download-url": `${this.origin}/states/${id}`,
        "hosted-state-upload-url": `${this.origin}/states/${id}`,
        "hosted-json-state-upload-url": `${this.origin}/states/${id}/json`,
        "resources-processed": content !== undefined,
      },
    };
  }

  private configuration(id: string): object {
    const found = this.configurations.find((each) => each.id === id);
    return {
      id,
      type: "configuration-versions",
      attributes: {
        speculative: found?.asked.speculative ?? false,
        "auto-queue-runs": false,
        status: found?.archive === undefined ? "pending" : "uploaded",
        "upload-url": `${this.origin}/uploads/${id}`,
      },
    };
  }

  private startRun(body: Buffer): Answer {
    const { relationships } = dataOf(body);
    const run: StandInRun = {
      id: `run-${this.runs.length + 1}`,
      workspace: idIn(relationships, "workspace").replace(/^ws-/, ""),
      configurationVersion: idIn(relationships, "configuration-version"),
      asked: attributesOf(body),
      polls: 0,
    };
    this.runs.push(run);
    return { status: 201, body: this.runDocument(run, "pending") };
  }

  /** Status of a run: pending, then planning, then its final status. */
  private pollRun(id: string | undefined): Answer {
    const run = this.runs.find((each) => each.id === id);
    if (run === undefined) return NOT_FOUND;
    run.polls += 1;
    const status = run.polls === 1 ? "planning" : this.props.outcome.status;
    return { status: 200, body: this.runDocument(run, status) };
  }

  private runDocument(run: StandInRun, status: string): object {
    const data = (type: string, id: string) => ({ data: { type, id } });
    return {
      data: {
        id: run.id,
        type: "runs",
        attributes: {
          status,
          "plan-only": this.configurations.find(({ id }) => id === run.configurationVersion)?.asked
            .speculative,
          "has-changes": true,
          "is-destroy": false,
          actions: { "is-cancelable": true, "is-confirmable": false, "is-discardable": false },
          permissions: { "can-apply": false, "can-cancel": true },
        },
        relationships: {
          workspace: data("workspaces", `ws-${run.workspace}`),
          "configuration-version": data("configuration-versions", run.configurationVersion),
          plan: data("plans", run.id.replace("run-", "plan-")),
        },
      },
      included: [this.plan(run.id), this.workspaceData(run.workspace)],
    };
  }

  private plan(runId: string): object {
    const { status } = this.props.outcome;
    return {
      id: runId.replace("run-", "plan-"),
      type: "plans",
      attributes: {
        status: status === "errored" ? "errored" : "finished",
        "has-changes": status !== "errored",
        "log-read-url": `${this.origin}/logs/${runId}`,
        "resource-additions": 1,
        "resource-changes": 0,
        "resource-destructions": 0,
        "resource-imports": 0,
      },
    };
  }

  /** Returns a part of a log from an offset. Control characters mark its start and end. */
  private log(url: string): Answer {
    const query = new URL(url, "https://stand-in").searchParams;
    const offset = Number(query.get("offset") ?? 0);
    const limit = Number(query.get("limit") ?? 65_536);
    const whole = `\u0002${this.props.outcome.log.map((event) => JSON.stringify(event)).join("\n")}\n\u0003`;
    return { status: 200, text: whole.slice(offset, offset + limit) };
  }
}

function contentType(path: string, text: string | undefined): string {
  if (text !== undefined) return "text/plain";
  return path.startsWith("/api/") ? "application/vnd.api+json" : "application/json";
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("The fake does not listen.");
  return address.port;
}

function entitlements(organization: string): object {
  const granted = ["operations", "private-module-registry", "state-storage", "teams", "vcs-integrations"];
  return {
    id: organization,
    type: "entitlement-sets",
    attributes: Object.fromEntries(granted.map((name) => [name, true])),
  };
}

type Json = Readonly<Record<string, unknown>>;

function dataOf(body: Buffer): Json {
  return Object(Object(JSON.parse(body.toString("utf8"))).data);
}

function attributesOf(body: Buffer): Json {
  return Object(dataOf(body).attributes);
}

function idIn(relationships: unknown, name: string): string {
  return String(Object(Object(Object(relationships)[name]).data).id);
}
