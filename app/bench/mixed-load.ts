import autocannon from "autocannon";
import { type PacedResult, pacedLoad, quantile } from "./paced-load.js";

/** One kind of request in a mix. */
export interface MixedRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly cookie: string;
  /** Form of a POST. */
  readonly form?: Readonly<Record<string, string>>;
  /** Expected status. */
  readonly expected: number;
  /** Fraction of all requests, in tenths. */
  readonly tenths: number;
}

/** Maximum throughput of a process: each connection sends its next request after the response. */
export interface Saturated {
  /** Requests for each second. */
  readonly rate: number;
  readonly requests: number;
  readonly wrong: number;
}

function headersOf({ cookie, form }: MixedRequest): Record<string, string> {
  return { cookie, ...(form ? { "content-type": "application/x-www-form-urlencoded" } : {}) };
}

function bodyOf({ form }: MixedRequest): string {
  return form ? new URLSearchParams(form).toString() : "";
}

/** The request as it goes over the network. */
function wireOf(request: MixedRequest): string {
  const body = bodyOf(request);
  const headers = { host: "notejam", ...headersOf(request), ...(body && { "content-length": body.length }) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${request.method} ${request.path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
}

/** Sends the mix on several connections, each as fast as it gets responses. */
export async function saturate(
  port: number,
  mix: readonly MixedRequest[],
  connections: number,
  seconds: number,
): Promise<Saturated> {
  const requests = mix.flatMap((request) =>
    Array.from({ length: request.tenths }, () => ({
      method: request.method,
      path: request.path,
      headers: headersOf(request),
      body: bodyOf(request),
    })),
  );
  const seen = await autocannon({
    url: `http://127.0.0.1:${port}`,
    connections,
    duration: seconds,
    requests,
  });
  const right = new Set(mix.map(({ expected }) => String(expected)));
  const answers = Object.entries(seen.statusCodeStats ?? {});
  const good = answers
    .filter(([status]) => right.has(status))
    .reduce((sum, [, { count = 0 }]) => sum + count, 0);
  const total = seen.requests.total;
  return { rate: total / seen.duration, requests: total, wrong: total - good + seen.errors + seen.timeouts };
}

/** Sends the mix evenly at a fixed rate, without waiting for responses. */
export async function pacedMix(
  port: number,
  mix: readonly MixedRequest[],
  load: { readonly rate: number; readonly seconds: number; readonly connections: number },
): Promise<PacedResult> {
  const parts = await Promise.all(
    mix.map((request) =>
      pacedLoad({
        port,
        request: wireOf(request),
        expected: request.expected,
        rate: (load.rate * request.tenths) / 10,
        seconds: load.seconds,
        connections: Math.ceil((load.connections * request.tenths) / 10),
      }),
    ),
  );
  const latencies = parts.flatMap((part) => part.latencies);
  return {
    latencies,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    wrong: parts.reduce((sum, part) => sum + part.wrong, 0),
  };
}
