import { setTimeout as pause } from "node:timers/promises";
import type { FastifyPluginAsync } from "fastify";
import { fieldOf } from "../forms/body.js";
import { queryOf } from "../forms/query.js";
import {
  emailProblem,
  isFlawless,
  newPasswordProblem,
  passwordProblem,
  repetitionProblem,
} from "../forms/rules.js";
import { TooManyAttempts } from "../rate-limits/plugin.js";
import { localPath } from "./local-path.js";
import { resetMail } from "./reset-mail.js";
import { newToken } from "./tokens.js";
import { forgotPasswordPage, signInPage, signUpPage } from "./views.js";

/**
 * A refusal is sent this long after the request at the earliest, in milliseconds: whether there is an account,
 * and how its password is hashed, must not show in the time.
 */
const REFUSAL_TIME = 100;

async function notBefore(start: number): Promise<void> {
  const left = start + REFUSAL_TIME - performance.now();
  if (left > 0) await pause(left);
}

/** How routes that mail a link learn the public address. */
export interface SignInOptions {
  /** Public address without a trailing slash. */
  readonly publicAddress: () => string;
}

/** Sign up, sign in, sign out, forgot password: for anyone. */
const signIn: FastifyPluginAsync<SignInOptions> = async (app, { publicAddress }) => {
  app.addHook("onRequest", app.findViewer);

  app.get("/signup/", async (request, reply) =>
    reply.page(signUpPage({ csrfToken: app.csrfToken(request, reply) })),
  );

  app.post("/signup/", async (request, reply) => {
    const email = fieldOf(request.body, "email").trim();
    const password = fieldOf(request.body, "password");
    const repetition = fieldOf(request.body, "repeat_password");
    const errors = {
      email: emailProblem(email),
      password: newPasswordProblem(password),
      repeat_password: repetitionProblem(repetition, password, "Your passwords do not match"),
    };
    const refused = (problems: typeof errors) =>
      reply.page(signUpPage({ csrfToken: app.csrfToken(request, reply), email, errors: problems }));
    if (!isFlawless(errors)) return refused(errors);
    await app.countAttempt("signup", request, email);
    if (!(await app.users.add(email, await app.passwords.hash(password)))) {
      return refused({ ...errors, email: "User with this email is already signed up" });
    }
    return reply.goOn("/signin/", "account-created");
  });

  app.get("/signin/", async (request, reply) =>
    reply.page(signInPage({ csrfToken: app.csrfToken(request, reply) })),
  );

  app.post("/signin/", async (request, reply) => {
    const start = performance.now();
    const email = fieldOf(request.body, "email").trim();
    const password = fieldOf(request.body, "password");
    const errors = { email: emailProblem(email), password: passwordProblem(password) };
    const state = { csrfToken: app.csrfToken(request, reply), email, errors };
    if (!isFlawless(errors)) return reply.page(signInPage(state));
    await app.countAttempt("signin", request, email).catch((error: unknown) => {
      if (error instanceof TooManyAttempts) app.metrics.signIns.inc({ result: "limited" });
      throw error;
    });
    const user = await app.users.byEmail(email);
    if (!(await app.passwords.verify(password, user?.passwordHash)) || !user) {
      app.metrics.signIns.inc({ result: "wrong" });
      await notBefore(start);
      return reply.page(signInPage(state), { kind: "error", text: "Wrong email or password" });
    }
    if (app.passwords.isOutdated(user.passwordHash))
      await app.users.rehash(user, await app.passwords.hash(password));
    await app.signIn(request, reply, user.id);
    await app.forgetAttempts("signin", email);
    app.metrics.signIns.inc({ result: "ok" });
    return reply.goOn(localPath(queryOf(request, "next")));
  });

  app.route({
    method: ["GET", "POST"],
    url: "/signout/",
    exposeHeadRoute: false,
    async handler(request, reply) {
      // A picture or link on another site, or a browser that looks ahead, must not sign anybody out.
      const { "sec-fetch-site": site, "sec-purpose": purpose } = request.headers;
      if (site !== "cross-site" && purpose === undefined) await app.signOut(request, reply);
      return reply.header("cache-control", "private, no-store").redirect("/", 302);
    },
  });

  app.get("/forgot-password/", async (request, reply) =>
    reply.page(forgotPasswordPage({ csrfToken: app.csrfToken(request, reply) })),
  );

  app.post("/forgot-password/", async (request, reply) => {
    const start = performance.now();
    const email = fieldOf(request.body, "email").trim();
    const errors = { email: emailProblem(email) };
    if (!isFlawless(errors)) {
      return reply.page(forgotPasswordPage({ csrfToken: app.csrfToken(request, reply), email, errors }));
    }
    await app.countAttempt("forgot", request, email);
    const user = await app.users.byEmail(email);
    if (user) {
      const token = newToken();
      await app.passwordResets.add(user.id, token);
      app.sendLater(resetMail(user.email, `${publicAddress()}/reset/${token}/`));
    }
    await notBefore(start);
    return reply.goOn("/signin/", "password-mailed");
  });
};

export default signIn;
