import type { FastifyPluginAsync } from "fastify";
import account from "./auth/account-routes.js";
import resetPassword from "./auth/reset-password-routes.js";
import signIn from "./auth/sign-in-routes.js";
import { fieldOf } from "./forms/fields.js";
import health from "./health-routes.js";
import importExport from "./import-export/routes.js";
import notes from "./notes/routes.js";
import pads from "./pads/routes.js";
import { NotFound } from "./plugins/app/error-handler.js";
import search from "./search/routes.js";
import trash from "./trash/routes.js";

/**
 * Access to a group of routes.
 * - `probe`: anyone; the session is not looked up
 * - `anyone`: anyone; `request.currentUser` is set if a user is signed in
 * - `user`: signed-in users; others are redirected to the sign-in page before anything is looked up
 */
type Access = "probe" | "anyone" | "user";

/** All routes of the application. A new feature adds its routes here. */
const ROUTES: readonly (readonly [Access, FastifyPluginAsync])[] = [
  ["probe", health],
  ["anyone", signIn],
  ["anyone", resetPassword],
  ["user", account],
  ["user", notes],
  ["user", pads],
  ["user", search],
  ["user", trash],
  ["user", importExport],
];

/** Registers all routes. */
const routes: FastifyPluginAsync = async (app) => {
  for (const [access, group] of ROUTES) {
    await app.register(async (scope) => {
      if (access === "anyone") scope.addHook("onRequest", app.findCurrentUser);
      if (access === "user") {
        scope.addHook("onRequest", async (request) => {
          const id = fieldOf(request.params, "id");
          // The address does not exist, whether or not a user is signed in.
          if (id !== "" && !/^\d+$/.test(id)) throw new NotFound();
        });
        scope.addHook("onRequest", app.requireCurrentUser);
      }
      await scope.register(group);
    });
  }
};

export default routes;
