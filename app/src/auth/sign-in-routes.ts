import { setTimeout as pause } from "node:timers/promises";
import type { FastifyPluginAsync } from "fastify";
import { queryOf } from "../forms/fields.js";
import { readForm } from "../forms/form.js";
import { TooManyAttempts } from "../rate-limits/plugin.js";
import type { FieldErrors } from "../views/form-fields.js";
import { forgotPasswordForm, signInForm, signUpForm } from "./forms.js";
import { localPath } from "./local-path.js";
import { resetMail } from "./reset-mail.js";
import { newToken } from "./tokens.js";
import { forgotPasswordPage, signInPage, signUpPage } from "./views.js";

/**
 * Minimum time of a response that must not reveal whether an account exists or how its password is hashed, in
 * milliseconds.
 */
const MIN_ANSWER_TIME = 100;

async function waitForMinAnswerTime(start: number): Promise<void> {
  const left = start + MIN_ANSWER_TIME - performance.now();
  if (left > 0) await pause(left);
}

/** Routes to sign up, sign in, sign out and ask for a new password. */
const signIn: FastifyPluginAsync = async (app) => {
  app.get("/signup/", async (request, reply) =>
    reply.page(signUpPage({ csrfToken: app.csrfToken(request, reply) })),
  );

  app.post("/signup/", async (request, reply) => {
    const { typed, errors, values } = readForm(signUpForm, request.body);
    const showErrors = (shown: FieldErrors) =>
      reply.page(signUpPage({ csrfToken: app.csrfToken(request, reply), email: typed.email, errors: shown }));
    if (!values) return showErrors(errors);
    const { email, password } = values;
    await app.countAttempt("signup", request, email);
    if (!(await app.users.add(email, await app.passwords.hash(password)))) {
      return showErrors({ email: "User with this email is already signed up" });
    }
    return reply.redirectWithFlash("/signin/", "account-created");
  });

  app.get("/signin/", async (request, reply) =>
    reply.page(signInPage({ csrfToken: app.csrfToken(request, reply) })),
  );

  app.post("/signin/", async (request, reply) => {
    const start = performance.now();
    const { typed, errors, values } = readForm(signInForm, request.body);
    const csrfToken = app.csrfToken(request, reply);
    if (!values) return reply.page(signInPage({ csrfToken, email: typed.email, errors }));
    const { email, password } = values;
    await app.countAttempt("signin", request, email).catch((error: unknown) => {
      if (error instanceof TooManyAttempts) app.metrics.signIns.inc({ result: "limited" });
      throw error;
    });
    const user = await app.users.byEmail(email);
    if (!(await app.passwords.verify(password, user?.passwordHash)) || !user) {
      app.metrics.signIns.inc({ result: "wrong" });
      await waitForMinAnswerTime(start);
      return reply.page(signInPage({ csrfToken, email }), { kind: "error", text: "Wrong email or password" });
    }
    if (app.passwords.isOutdated(user.passwordHash))
      await app.users.rehash(user, await app.passwords.hash(password));
    await app.signIn(request, reply, user.id);
    await app.forgetAttempts("signin", email);
    app.metrics.signIns.inc({ result: "ok" });
    return reply.redirectWithFlash(localPath(queryOf(request, "next")));
  });

  app.route({
    method: ["GET", "POST"],
    url: "/signout/",
    exposeHeadRoute: false,
    async handler(request, reply) {
      // Images and links on other sites and prefetching browsers must not sign users out.
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
    const { typed, errors, values } = readForm(forgotPasswordForm, request.body);
    if (!values) {
      const csrfToken = app.csrfToken(request, reply);
      return reply.page(forgotPasswordPage({ csrfToken, email: typed.email, errors }));
    }
    await app.countAttempt("forgot", request, values.email);
    const user = await app.users.byEmail(values.email);
    if (user) {
      const token = newToken();
      await app.passwordResets.add(user.id, token);
      app.sendLater(resetMail(user.email, `${app.publicAddress()}/reset/${token}/`));
    }
    await waitForMinAnswerTime(start);
    return reply.redirectWithFlash("/signin/", "password-mailed");
  });
};

export default signIn;
