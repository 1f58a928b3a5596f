import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import fp from "fastify-plugin";
import { rootCause, unavailabilityIn } from "../../database/errors.js";
import { TooManyAttempts } from "../../rate-limits/plugin.js";
import { type Message, messagePage } from "../../views/message-page.js";
import { Overloaded } from "../../work-queue.js";
import { CsrfError } from "./csrf.js";

/** The object does not exist or belongs to another user. The response is the same for both. */
export class NotFound extends Error {
  override readonly name = "NotFound";
}

/** Value of Retry-After while the database is unavailable, in seconds. */
const RETRY_SECONDS = 5;

interface Answer extends Message {
  readonly status: number;
  /** Seconds for the header Retry-After. */
  readonly retryAfter?: number;
}

const NOT_FOUND: Answer = {
  status: 404,
  title: "Page not found",
  text: "There is nothing at this address. It may have been deleted, or the address is mistyped.",
};

function unavailable(mayBeApplied: boolean, method: string): Answer {
  const saved = mayBeApplied
    ? "It is not certain whether your change was saved: please look before you send it again."
    : "Your change was not saved. Go back in your browser, what you typed is still there, and send it again.";
  return {
    status: 503,
    retryAfter: RETRY_SECONDS,
    title: "Notejam cannot reach its notes",
    text:
      method === "GET" || method === "HEAD"
        ? "They are safe, but cannot be read at this moment. Please try again in a few seconds."
        : saved,
  };
}

function waitText(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  return minutes <= 1 ? "a minute" : `${minutes} minutes`;
}

/** Responses to errors of fastify itself, by status. */
const REFUSED: Readonly<Record<number, Omit<Answer, "status">>> = {
  400: { title: "Bad request", text: "The browser sent something that cannot be understood." },
  408: { title: "Request timeout", text: "The request took too long to arrive. Please try again." },
  413: {
    title: "Too large",
    text: "What you sent is larger than Notejam takes. A note can have 1 MB of text.",
  },
  415: { title: "Unsupported form", text: "Notejam only understands forms from its own pages." },
};

function answerTo(error: FastifyError | Error, method: string): Answer | undefined {
  if (error instanceof NotFound) return NOT_FOUND;
  if (error instanceof CsrfError) {
    return {
      status: 403,
      title: "Form rejected",
      text: "This form was not sent from an open page of Notejam, or the page is too old. Open it again and send it once more. Cookies must be allowed.",
    };
  }
  if (error instanceof TooManyAttempts) {
    return {
      status: 429,
      retryAfter: error.retryAfter,
      title: "Too many attempts",
      text: `Please wait ${waitText(error.retryAfter)} before you try again.`,
      link: { href: "/signin/", text: "Sign in" },
    };
  }
  if (error instanceof Overloaded) {
    return {
      status: 503,
      retryAfter: RETRY_SECONDS,
      title: "Very busy",
      text: "Notejam is busy. Please try again in a few seconds.",
    };
  }
  const unavailability = unavailabilityIn(error);
  if (unavailability) return unavailable(unavailability.mayBeApplied, method);
  const status = "statusCode" in error ? error.statusCode : undefined;
  if (status === undefined || status < 400 || status >= 500) return undefined;
  return { status, ...(REFUSED[status] ?? { title: "Bad request", text: "The request was rejected." }) };
}

function log(error: Error, answer: Answer, request: FastifyRequest): void {
  if (answer.status === 500) request.log.error({ err: rootCause(error) }, "request failed");
  else if (answer.status === 503)
    request.log.warn({ reason: describe(rootCause(error)) }, "request unavailable");
  else request.log.info({ status: answer.status, reason: error.name }, "request refused");
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** Responds to every error with a page in the site's design that reveals no internals. */
export default fp(
  async (app) => {
    function send(reply: FastifyReply, { status, retryAfter, ...message }: Answer): FastifyReply {
      if (retryAfter !== undefined) reply.header("retry-after", String(retryAfter));
      return reply.code(status).page(messagePage({ ...message, requestId: reply.request.id }));
    }

    app.setErrorHandler((error: FastifyError, request, reply) => {
      const answer = answerTo(error, request.method) ?? {
        status: 500,
        title: "Something went wrong",
        text: "This is our fault, and it has been noted. Please try again; if it happens again, tell us the number below.",
      };
      log(error, answer, request);
      return send(reply, answer);
    });

    app.setNotFoundHandler(async (request, reply) => {
      // Only for the account links. Without the database the page is shown, too.
      await app.findCurrentUser(request, reply).catch(() => {});
      return send(reply, NOT_FOUND);
    });
  },
  { name: "error-handler", dependencies: ["pages", "csrf", "current-user", "rate-limits"] },
);
