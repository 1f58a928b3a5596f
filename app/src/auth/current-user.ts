import type { FastifyReply, FastifyRequest } from "fastify";
import fp from "fastify-plugin";
import { IDLE_DAYS } from "./sessions-repository.js";
import { isToken, newToken } from "./tokens.js";

/** The signed-in user. */
export interface CurrentUser {
  readonly id: number;
  readonly email: string;
  /** Token of the session; only its hash is stored. */
  readonly token: string;
}

/** Options of the session cookie. */
export interface CurrentUserOptions {
  /** True if the public address is https. The cookies are then bound to it. */
  readonly secure: boolean;
}

declare module "fastify" {
  interface FastifyRequest {
    /** The signed-in user. Set by {@link FastifyInstance.findCurrentUser}. */
    currentUser: CurrentUser | undefined;
  }
  interface FastifyInstance {
    /** Hook that looks up the session and sets `request.currentUser`. */
    findCurrentUser(request: FastifyRequest, reply: FastifyReply): Promise<void>;
    /** Hook that redirects to the sign-in page unless a user is signed in. */
    requireCurrentUser(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined>;
    /** Signs the user in with a new token and ends the browser's previous session. */
    signIn(request: FastifyRequest, reply: FastifyReply, userId: number): Promise<void>;
    /** Sets the cookie of a session that was started before. */
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

/** Path to return to after signing in. The addresses of buttons in the trash accept only POST. */
function pathToReturnTo(request: FastifyRequest): string {
  return request.url.startsWith("/trash/") ? "/trash/" : request.url;
}

/** Identifies the signed-in user by a session in the database. */
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
      // The request does not wait for it. A read-only database during a failover must not fail reads.
      app.sessions
        .touch(token)
        .catch((error: unknown) => app.log.debug({ err: error }, "session not updated"));
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

/** Returns the signed-in user in routes behind {@link FastifyInstance.requireCurrentUser}. */
export function currentUserOf(request: FastifyRequest): CurrentUser {
  if (!request.currentUser) throw new Error(`${request.routeOptions.url} does not require a signed-in user`);
  return request.currentUser;
}
