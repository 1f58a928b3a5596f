import helmet from "@fastify/helmet";
import fp from "fastify-plugin";

/** Options of the security headers. */
export interface HelmetOptions {
  /** True if the public address is https. */
  readonly secure: boolean;
}

/** Two years, as required for the preload list of browsers, in seconds. */
const HSTS_AGE = 63_072_000;

/** Sets the security headers. https://github.com/fastify/fastify-helmet */
export default fp<HelmetOptions>(
  async (app, { secure }) => {
    await app.register(helmet, {
      // No defaults: they would upgrade http requests to https.
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          styleSrc: ["'self'"],
          imgSrc: ["'self'"],
          formAction: ["'self'"],
          baseUri: ["'none'"],
          frameAncestors: ["'none'"],
        },
      },
      // With "no-referrer" browsers send "Origin: null" for our own forms.
      referrerPolicy: { policy: "same-origin" },
      strictTransportSecurity: secure ? { maxAge: HSTS_AGE, includeSubDomains: false } : false,
      xFrameOptions: { action: "deny" },
      crossOriginEmbedderPolicy: false,
      originAgentCluster: true,
    });
  },
  { name: "external-helmet" },
);
