import type { FastifyPluginAsync } from "fastify";
import { readForm } from "../forms/form.js";
import { resetPasswordForm } from "./forms.js";
import { isToken } from "./tokens.js";
import { expiredLinkPage, resetPasswordPage } from "./views.js";

interface ResetParams {
  Params: { token: string };
}

/** Routes of the mailed link, with which users choose a new password without the old one. */
const resetPassword: FastifyPluginAsync = async (app) => {
  const isUsable = async (token: string) => isToken(token) && (await app.passwordResets.isUsable(token));

  app.get<ResetParams>("/reset/:token/", async (request, reply) => {
    if (!(await isUsable(request.params.token))) return reply.code(404).page(expiredLinkPage());
    return reply.page(resetPasswordPage({ csrfToken: app.csrfToken(request, reply) }));
  });

  app.post<ResetParams>("/reset/:token/", async (request, reply) => {
    const { token } = request.params;
    if (!(await isUsable(token))) return reply.code(404).page(expiredLinkPage());
    const { errors, values } = readForm(resetPasswordForm, request.body);
    if (!values) return reply.page(resetPasswordPage({ csrfToken: app.csrfToken(request, reply), errors }));
    const used = await app.passwordResets.use(token, await app.passwords.hash(values.new_password1));
    if (!used) return reply.code(404).page(expiredLinkPage());
    return reply.redirectWithFlash("/signin/", "password-changed");
  });
};

export default resetPassword;
