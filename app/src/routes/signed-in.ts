import type { FastifyPluginAsync } from "fastify";
import { fieldOf } from "../forms/body.js";
import { NotFound } from "../plugins/app/failures.js";
import account from "./account.js";
import notes from "./notes.js";
import pads from "./pads.js";
import search from "./search.js";
import transfer from "./transfer.js";
import trash from "./trash.js";

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
