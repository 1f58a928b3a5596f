import type { FastifyPluginAsync } from "fastify";
import account from "./auth/account-routes.js";
import { fieldOf } from "./forms/body.js";
import transfer from "./import-export/routes.js";
import notes from "./notes/routes.js";
import pads from "./pads/routes.js";
import { NotFound } from "./plugins/app/error-handler.js";
import search from "./search/routes.js";
import trash from "./trash/routes.js";

/** Everything that belongs to a person: all others are sent to the sign-in page before anything is looked up. */
const signedIn: FastifyPluginAsync = async (app) => {
  app.addHook("onRequest", async (request) => {
    const id = fieldOf(request.params, "id");
    // Not an address of ours at all, signed in or not.
    if (id !== "" && !/^\d+$/.test(id)) throw new NotFound();
  });
  app.addHook("onRequest", app.requireViewer);
  for (const routes of [account, notes, pads, search, trash, transfer]) await app.register(routes);
};

export default signedIn;
