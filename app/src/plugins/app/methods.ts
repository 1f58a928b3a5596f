import fp from "fastify-plugin";

/** There is something at this address, but not for this method. */
export class MethodNotAllowed extends Error {
  override readonly name = "MethodNotAllowed";
  /** Methods that the address has. */
  readonly allowed: readonly string[];

  constructor(allowed: readonly string[]) {
    super("The address has no such method");
    this.allowed = allowed;
  }
}

interface Address {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

/** What a route's address matches: with and without its last slash, as the router takes both. */
function patternOf(url: string): RegExp {
  const segments = url.split("/").filter(Boolean);
  const parts = segments.map((segment) => {
    if (!segment.startsWith(":")) return segment.replace(/[^\w-]/g, "\\$&");
    return segment === ":id" ? "\\d+" : "[^/]+";
  });
  return parts.length === 0 ? /^\/$/ : new RegExp(`^/${parts.join("/")}/?$`);
}

/**
 * Tells a wrong method from a wrong address: 405 with the methods that there are.
 *
 * The router only knows that nothing fits. To be registered before all routes.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-405-method-not-allowed
 */
export default fp(
  async (app) => {
    const addresses = new Map<string, Address>();

    app.addHook("onRoute", ({ url, method }) => {
      const address = addresses.get(url) ?? { pattern: patternOf(url), methods: new Set() };
      addresses.set(url, address);
      for (const each of [method].flat()) address.methods.add(each);
    });

    app.addHook("onRequest", async (request) => {
      if (!request.is404) return;
      const [path = ""] = request.url.split("?");
      const found = [...addresses.values()].filter(({ pattern }) => pattern.test(path));
      const allowed = new Set(found.flatMap(({ methods }) => [...methods]));
      if (allowed.size > 0) throw new MethodNotAllowed([...allowed].sort());
    });
  },
  { name: "methods" },
);
