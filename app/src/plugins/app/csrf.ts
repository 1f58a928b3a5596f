import { timingSafeEqual } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import fp from "fastify-plugin";
import { derived, isToken, newToken } from "../../auth/tokens.js";
import { fieldOf } from "../../forms/fields.js";
import { CSRF_FIELD } from "../../views/form-fields.js";

/** A form without a valid CSRF token, or from another origin. */
export class CsrfError extends Error {
  override readonly name = "CsrfError";
}

/** Options of the CSRF check. */
export interface CsrfOptions {
  /** Public origin, if configured. */
  readonly baseUrl: string | undefined;
  readonly secure: boolean;
}

declare module "fastify" {
  interface FastifyInstance {
    /** Returns the token for the forms of a page. */
    csrfToken(request: FastifyRequest, reply: FastifyReply): string;
    /** @throws {CsrfError} unless the token belongs to this browser */
    checkCsrfToken(request: FastifyRequest, token: string): void;
  }
  interface FastifyContextConfig {
    /** True if the handler validates the token, because it reads the body as a stream. @default false */
    checksCsrfItself?: boolean;
  }
}

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

function same(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/**
 * Rejects forms sent by other sites (CSRF). Each form needs a token that only our pages contain, and the headers Origin
 * and Sec-Fetch-Site must not contradict.
 *
 * The token is derived from the session token, or for signed-out visitors from a secret in a cookie. Nothing is stored,
 * and the token changes at sign-in.
 */
export default fp<CsrfOptions>(
  async (app, { baseUrl, secure }) => {
    const cookieName = secure ? "__Host-visitor" : "visitor";
    const cookie = { path: "/", httpOnly: true, sameSite: "lax", secure } as const;

    function visitorSecret(request: FastifyRequest): string | undefined {
      const secret = request.cookies[cookieName];
      return isToken(secret) ? secret : undefined;
    }

    app.decorate("csrfToken", (request: FastifyRequest, reply: FastifyReply) => {
      if (request.currentUser) return derived("form of a session", request.currentUser.token);
      let secret = visitorSecret(request);
      if (!secret) {
        secret = newToken();
        reply.setCookie(cookieName, secret, cookie);
      }
      return derived("form of a visitor", secret);
    });

    app.decorate("checkCsrfToken", (request: FastifyRequest, token: string) => {
      const secret = request.currentUser ? request.currentUser.token : visitorSecret(request);
      const purpose = request.currentUser ? "form of a session" : "form of a visitor";
      if (!secret || !same(token, derived(purpose, secret))) {
        throw new CsrfError("The CSRF token is missing or invalid");
      }
    });

    app.addHook("onRequest", async (request) => {
      if (SAFE_METHODS.has(request.method)) return;
      const { origin, host, "sec-fetch-site": site } = request.headers;
      if (site === "cross-site" || site === "same-site")
        throw new CsrfError("The form was sent by another site");
      if (origin === undefined || origin === baseUrl || origin === `${request.protocol}://${host}`) return;
      throw new CsrfError("The form was sent by another origin");
    });

    app.addHook("preHandler", async (request) => {
      if (SAFE_METHODS.has(request.method) || request.is404 || request.routeOptions.config.checksCsrfItself)
        return;
      app.checkCsrfToken(request, fieldOf(request.body, CSRF_FIELD));
    });
  },
  { name: "csrf", dependencies: ["current-user", "external-cookie"] },
);
