import type { FastifyPluginAsync } from "fastify";
import { currentUserOf } from "../auth/current-user.js";
import { idFrom, type WithId } from "../domain/ids.js";
import { pageFrom, pageWithin } from "../domain/pagination.js";
import { queryOf } from "../forms/fields.js";
import { NotFound } from "../plugins/app/error-handler.js";
import { trashPage } from "./views.js";

/** Routes to list and restore deleted notes and pads. */
const trash: FastifyPluginAsync = async (app) => {
  app.get("/trash/", async (request, reply) => {
    const currentUser = currentUserOf(request);
    const asked = pageFrom(queryOf(request, "page"));
    const [found, pads] = await Promise.all([
      app.trash.list(currentUser.id, asked),
      app.pads.list(currentUser.id),
    ]);
    if (found.total === 0 && asked > 1) return reply.redirect("/trash/", 302);
    const number = pageWithin(asked, found.total);
    const csrfToken = app.csrfToken(request, reply);
    return reply.page(trashPage({ csrfToken, trash: found, pads, number, calendar: app.calendar }));
  });

  app.post<WithId>("/trash/notes/:id/restore/", async (request, reply) => {
    const id = idFrom(request.params.id);
    const restored =
      id === undefined ? undefined : await app.trash.restoreNote(currentUserOf(request).id, id);
    if (!restored) throw new NotFound();
    app.metrics.notesWritten.inc({ action: "restored" });
    return reply.redirectWithFlash(
      `/notes/${id}/`,
      restored.lostPad ? "note-restored-alone" : "note-restored",
    );
  });

  app.post<WithId>("/trash/pads/:id/restore/", async (request, reply) => {
    const id = idFrom(request.params.id);
    if (id === undefined || !(await app.trash.restorePad(currentUserOf(request).id, id)))
      throw new NotFound();
    return reply.redirectWithFlash(`/pads/${id}/`, "pad-restored");
  });
};

export default trash;
