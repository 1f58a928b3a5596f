import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import toolVersions from "../../tool-versions.json" with { type: "json" };
import { UserError } from "../user-error.js";
import type { Terraform } from "./find-terraform.js";
import {
  configuredNetworkMirror,
  type FindProviderMirrorProps,
  findProviderMirror,
  type ProviderMirror,
  REGISTRY_HOSTS,
} from "./provider-mirror.js";

/** Source from which Terraform installs the AWS provider. */
export type ProviderSource =
  | { readonly kind: "mirror"; readonly mirror: ProviderMirror }
  /** A registry or a network mirror that answers. */
  | { readonly kind: "network"; readonly address: string };

export interface FindProviderProps extends Omit<FindProviderMirrorProps, "product"> {
  readonly terraform: Pick<Terraform, "product">;
  /** Folder in which earlier runs kept providers; used when the registry does not respond. */
  readonly pluginCache: string;
  /** Returns true if a server responds. Replaced in tests. */
  readonly answers?: (url: string, env: NodeJS.ProcessEnv) => Promise<boolean>;
}

/**
 * Finds the AWS provider: a mirror on this machine ({@link findProviderMirror}), the network mirror of the user's CLI
 * configuration or the product's registry if it responds, and last the provider that an earlier run downloaded.
 *
 * @throws UserError if it is not found
 */
export async function findProvider({
  terraform: { product },
  pluginCache,
  answers = respondsInTime,
  ...places
}: FindProviderProps): Promise<ProviderSource> {
  const mirror = findProviderMirror({ product, ...places });
  if (mirror !== undefined) return { kind: "mirror", mirror };
  const { env = process.env, home } = places;
  const address = configuredNetworkMirror(env, home) ?? `https://${REGISTRY_HOSTS[product]}`;
  if (await answers(address, env)) return { kind: "network", address };
  const kept = findProviderMirror({
    product,
    platform: places.platform,
    env: { TF_PLUGIN_CACHE_DIR: pluginCache },
    home: pluginCache,
    searched: [],
  });
  if (kept !== undefined) return { kind: "mirror", mirror: { ...kept, from: "an earlier run" } };
  throw new UserError(
    `The AWS provider was not found: no local mirror contains it, and ${address} does not respond.`,
    { hint: "Connect to the internet, or set TF_PLUGIN_MIRROR to a filesystem mirror." },
  );
}

/** Describes the provider's version and source in one line. */
export function describeProvider(source: ProviderSource): string {
  if (source.kind === "network")
    return `AWS provider ${toolVersions.awsProvider.constraint} from ${source.address}`;
  const { version, path, from } = source.mirror;
  return `AWS provider ${version} from ${path} (${from})`;
}

/** Long enough for a slow connection, short enough not to delay a run without a registry. */
const PROBE_TIMEOUT_MS = 3000;

/** Returns true if a server responds in time. Uses the proxy from the environment, as Terraform does. */
async function respondsInTime(url: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  // Terraform accepts only HTTPS.
  if (!URL.canParse(url) || !url.startsWith("https:")) return false;
  const { hostname, port } = new URL(url);
  const proxy = proxyFor(hostname, env);
  return new Promise((resolve) => {
    const request =
      proxy === undefined
        ? httpsRequest(url, { method: "HEAD" })
        : httpRequest({
            host: proxy.hostname.replace(/^\[|\]$/g, ""),
            port: proxy.port || 80,
            method: "CONNECT",
            headers: proxyAuthorization(proxy),
            path: `${hostname}:${port || 443}`,
          });
    const end = (isAnswer: boolean) => {
      clearTimeout(tooLate);
      request.destroy();
      resolve(isAnswer);
    };
    const tooLate = setTimeout(() => end(false), PROBE_TIMEOUT_MS);
    request.once("response", () => end(proxy === undefined));
    request.once("connect", ({ statusCode }, socket) => {
      socket.destroy();
      end(statusCode === 200);
    });
    request.once("error", () => end(false));
    request.end();
  });
}

/** Returns the proxy that Go's HTTP client would use for a host, or undefined. */
function proxyFor(hostname: string, env: NodeJS.ProcessEnv): URL | undefined {
  const proxy = env.HTTPS_PROXY || env.https_proxy;
  const excluded = (env.NO_PROXY || env.no_proxy || "")
    .split(",")
    .map((each) => each.trim().replace(/^\./, ""));
  const isExcluded = excluded.some(
    (each) => each === "*" || (each !== "" && `.${hostname}`.endsWith(`.${each}`)),
  );
  if (!proxy || isExcluded) return undefined;
  try {
    return new URL(proxy.includes("://") ? proxy : `http://${proxy}`);
  } catch {
    return undefined;
  }
}

function proxyAuthorization({ username, password }: URL): Record<string, string> {
  if (username === "") return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(credentials).toString("base64")}` };
}
