import type { FastifyPluginAsync } from "fastify";
import { fieldOf } from "../forms/body.js";
import { isFlawless, newPasswordProblem, passwordProblem, repetitionProblem } from "../forms/rules.js";
import { viewerOf } from "./current-user.js";
import { newToken } from "./tokens.js";
import { accountPage } from "./views.js";

const WRONG_PASSWORD = "Your old password was entered incorrectly. Please enter it again.";

/** Account settings: change the password. */
const account: FastifyPluginAsync = async (app) => {
  app.get("/account/", async (request, reply) =>
    reply.page(accountPage({ csrfToken: app.csrfToken(request, reply) })),
  );

  // The name in all other implementations of Notejam, and in its guide.
  app.get("/settings/", async (_request, reply) => reply.redirect("/account/", 302));

  app.post("/account/", async (request, reply) => {
    const viewer = viewerOf(request);
    const oldPassword = fieldOf(request.body, "old_password");
    const password = fieldOf(request.body, "new_password1");
    const errors = {
      old_password: passwordProblem(oldPassword),
      new_password1: newPasswordProblem(password),
      new_password2: repetitionProblem(
        fieldOf(request.body, "new_password2"),
        password,
        "The two password fields didn't match.",
      ),
    };
    const refused = (problems: typeof errors) =>
      reply.page(accountPage({ csrfToken: app.csrfToken(request, reply), errors: problems }));
    if (errors.old_password !== undefined) return refused(errors);
    await app.countAttempt("password", request, String(viewer.id));
    const user = await app.users.byId(viewer.id);
    if (!user || !(await app.passwords.verify(oldPassword, user.passwordHash))) {
      return refused({ ...errors, old_password: WRONG_PASSWORD });
    }
    if (!isFlawless(errors)) return refused(errors);
    const token = newToken();
    const hash = await app.passwords.hash(password);
    if (!(await app.sessions.changePassword(user.id, user.passwordHash, hash, token))) {
      return refused({ ...errors, old_password: WRONG_PASSWORD });
    }
    app.setSessionCookie(reply, token);
    await app.forgetAttempts("password", String(viewer.id));
    return reply.goOn("/", "password-changed");
  });
};

export default account;
