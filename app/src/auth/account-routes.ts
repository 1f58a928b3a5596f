import type { FastifyPluginAsync } from "fastify";
import { readForm } from "../forms/form.js";
import type { FieldErrors } from "../views/form-fields.js";
import { currentUserOf } from "./current-user.js";
import { accountForm } from "./forms.js";
import { newToken } from "./tokens.js";
import { accountPage } from "./views.js";

const WRONG_PASSWORD = "Your old password was entered incorrectly. Please enter it again.";

/** Routes of the account settings, where users change their password. */
const account: FastifyPluginAsync = async (app) => {
  app.get("/account/", async (request, reply) =>
    reply.page(accountPage({ csrfToken: app.csrfToken(request, reply) })),
  );

  // The address in all other implementations of Notejam and in its guide.
  app.get("/settings/", async (_request, reply) => reply.redirect("/account/", 302));

  app.post("/account/", async (request, reply) => {
    const currentUser = currentUserOf(request);
    const { typed, errors, values } = readForm(accountForm, request.body);
    const showErrors = (shown: FieldErrors) =>
      reply.page(accountPage({ csrfToken: app.csrfToken(request, reply), errors: shown }));
    if (errors?.old_password !== undefined) return showErrors(errors);
    await app.countAttempt("password", request, String(currentUser.id));
    const user = await app.users.byId(currentUser.id);
    if (!user || !(await app.passwords.verify(typed.old_password, user.passwordHash))) {
      return showErrors({ ...errors, old_password: WRONG_PASSWORD });
    }
    if (!values) return showErrors(errors);
    const token = newToken();
    const hash = await app.passwords.hash(values.new_password1);
    if (!(await app.sessions.changePassword(user.id, user.passwordHash, hash, token))) {
      return showErrors({ old_password: WRONG_PASSWORD });
    }
    app.setSessionCookie(reply, token);
    await app.forgetAttempts("password", String(currentUser.id));
    return reply.redirectWithFlash("/", "password-changed");
  });
};

export default account;
