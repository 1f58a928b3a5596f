import fp from "fastify-plugin";
import type { Config } from "../../config.js";

/** Configuration of the address. */
export interface PublicAddressOptions {
  readonly config: Pick<Config, "baseUrl" | "host" | "port">;
}

declare module "fastify" {
  interface FastifyInstance {
    /** Returns the public address without a trailing slash: the configured one, or the one that is listened on. */
    publicAddress(): string;
  }
}

/** Provides the public address, for links in mails and for the log. */
export default fp<PublicAddressOptions>(
  async (app, { config: { baseUrl, host, port } }) => {
    app.decorate("publicAddress", () => {
      if (baseUrl) return baseUrl;
      const [bound] = app.addresses();
      const isAnyAddress = host === "0.0.0.0" || host === "::";
      const name = isAnyAddress ? "localhost" : host.includes(":") ? `[${host}]` : host;
      return `http://${name}:${typeof bound === "object" ? bound.port : port}`;
    });
  },
  { name: "public-address" },
);
