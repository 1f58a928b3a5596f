import type { FastifyReply, FastifyRequest } from "fastify";
import fp from "fastify-plugin";
import { IDLE_DAYS } from "./sessions-repository.js";
import { isToken, newToken } from "./tokens.js";

/** The person who is signed in. */
export interface CurrentUser {
  readonly id: number;
  readonly email: string;
  /** Token of the session; only its hash is stored. */
  readonly token: string;
}

/** Which cookies are set. */
export interface CurrentUserOptions {
  /** Whether the public address is https: then cookies are bound to it. */
  readonly secure: boolean;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Who is signed in; only known after {@link FastifyInstance.findCurrentUser} ran. */
    currentUser: CurrentUser | undefined;
  }
  interface FastifyInstance {
    /** Hook: finds out who is signed in, if anyone. */
    findCurrentUser(request: FastifyRequest, reply: FastifyReply): Promise<void>;
    /** Hook: sends everyone who is not signed in to the sign-in page. */
    requireCurrentUser(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined>;
    /** Signs the browser in under a new token; whatever session it had ends. */
    signIn(request: FastifyRequest, reply: FastifyReply, userId: number): Promise<void>;
    /** Gives the browser the token of a session that was started already. */
    setSessionCookie(reply: FastifyReply, token: string): void;
    /** Ends the browser's session. */
    signOut(request: FastifyRequest, reply: FastifyReply): Promise<void>;
    /** Name of the cookie with the session's token. */
    sessionCookie: string;
  }
}

/** `last_seen_at` is written at most this often, in milliseconds. */
const TOUCH_INTERVAL = 10 * 60_000;
const DAY_SECONDS = 86_400;

/** Where to go on after signing in: pages can be gone back to, the addresses of buttons cannot. */
function pathToReturnTo(request: FastifyRequest): string {
  return request.url.startsWith("/trash/") ? "/trash/" : request.url;
}

/** Knows who is signed in, by a session in the database. */
export default fp<CurrentUserOptions>(
  async (app, { secure }) => {
    const name = secure ? "__Host-session" : "session";
    const cookie = { path: "/", httpOnly: true, sameSite: "lax", secure } as const;

    app.decorate("sessionCookie", name);
    app.decorateRequest("currentUser", undefined);

    app.decorate("setSessionCookie", (reply: FastifyReply, token: string) => {
      reply.setCookie(name, token, { ...cookie, maxAge: IDLE_DAYS * DAY_SECONDS });
    });

    function touch(token: string, reply: FastifyReply): void {
      app.setSessionCookie(reply, token);
      // Nobody waits for it, and a database that only reads for a moment must not stop readers.
      app.sessions
        .touch(token)
        .catch((error: unknown) => app.log.debug({ err: error }, "session not touched"));
    }

    app.decorate("findCurrentUser", async (request: FastifyRequest, reply: FastifyReply) => {
      const token = request.cookies[name];
      if (!isToken(token)) return;
      const session = await app.sessions.find(token);
      if (!session) return;
      request.currentUser = { id: session.userId, email: session.email, token };
      if (Date.now() - session.lastSeenAt.getTime() > TOUCH_INTERVAL) touch(token, reply);
    });

    app.decorate("requireCurrentUser", async (request: FastifyRequest, reply: FastifyReply) => {
      await app.findCurrentUser(request, reply);
      if (request.currentUser) return undefined;
      const next = encodeURIComponent(pathToReturnTo(request)).replaceAll("%2F", "/");
      return reply.redirect(`/signin/?next=${next}`, 302);
    });

    app.decorate("signIn", async (request: FastifyRequest, reply: FastifyReply, userId: number) => {
      const former = request.cookies[name];
      const token = newToken();
      await app.sessions.start(userId, token, isToken(former) ? former : undefined);
      app.setSessionCookie(reply, token);
    });

    app.decorate("signOut", async (request: FastifyRequest, reply: FastifyReply) => {
      const token = request.cookies[name];
      if (isToken(token)) await app.sessions.end(token);
      reply.clearCookie(name, cookie);
    });
  },
  { name: "current-user", dependencies: ["services", "external-cookie"] },
);

/** The person signed in, for routes behind {@link FastifyInstance.requireCurrentUser}. */
export function currentUserOf(request: FastifyRequest): CurrentUser {
  if (!request.currentUser)
    throw new Error(`${request.routeOptions.url} answers without asking who is signed in`);
  return request.currentUser;
}
