import type { FastifyPluginAsync } from "fastify";
import { fieldOf } from "../forms/body.js";
import { isFlawless, newPasswordProblem, repetitionProblem } from "../forms/rules.js";
import { isToken } from "./tokens.js";
import { expiredLinkPage, resetPasswordPage } from "./views.js";

interface ResetParams {
  Params: { token: string };
}

/** The mailed link: choose a new password without the old one. */
const resetPassword: FastifyPluginAsync = async (app) => {
  app.addHook("onRequest", app.findViewer);

  app.get<ResetParams>("/reset/:token/", async (request, reply) => {
    const { token } = request.params;
    const usable = isToken(token) && (await app.passwordResets.isUsable(token));
    return usable
      ? reply.page(resetPasswordPage({ csrfToken: app.csrfToken(request, reply) }))
      : reply.code(404).page(expiredLinkPage());
  });

  app.post<ResetParams>("/reset/:token/", async (request, reply) => {
    const { token } = request.params;
    if (!isToken(token) || !(await app.passwordResets.isUsable(token)))
      return reply.code(404).page(expiredLinkPage());
    const password = fieldOf(request.body, "new_password1");
    const errors = {
      new_password1: newPasswordProblem(password),
      new_password2: repetitionProblem(
        fieldOf(request.body, "new_password2"),
        password,
        "The two password fields didn't match.",
      ),
    };
    if (!isFlawless(errors)) {
      return reply.page(resetPasswordPage({ csrfToken: app.csrfToken(request, reply), errors }));
    }
    const used = await app.passwordResets.use(token, await app.passwords.hash(password));
    return used ? reply.goOn("/signin/", "password-changed") : reply.code(404).page(expiredLinkPage());
  });
};

export default resetPassword;
