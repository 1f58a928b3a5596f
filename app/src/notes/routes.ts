import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { currentUserOf } from "../auth/current-user.js";
import { idFrom, type WithId } from "../domain/ids.js";
import { pageFrom } from "../domain/pagination.js";
import { queryOf } from "../forms/fields.js";
import { readForm } from "../forms/form.js";
import { NotFound } from "../plugins/app/error-handler.js";
import { deletePage } from "../views/delete-page.js";
import type { FieldErrors } from "../views/form-fields.js";
import { NO_SUCH_PAD, noteForm } from "./form.js";
import { findPage } from "./list.js";
import { orderFrom } from "./order.js";
import type { Note } from "./repository.js";
import { allNotesPage, noteFormPage, notePage } from "./views.js";

/** Browsers encode a note of 1 MB in up to three times as many bytes. */
const BODY_LIMIT = 4 * 1024 * 1024;

const listAddress = (padId: number | null): string => (padId === null ? "/" : `/pads/${padId}/`);

/** Routes to list, view, create, edit and delete notes. */
const notes: FastifyPluginAsync = async (app) => {
  async function findNote(request: FastifyRequest<WithId>): Promise<Note> {
    const id = idFrom(request.params.id);
    const note = id === undefined ? undefined : await app.notes.find(currentUserOf(request).id, id);
    if (!note) throw new NotFound();
    return note;
  }

  async function showForm(
    request: FastifyRequest,
    reply: FastifyReply,
    title: string,
    typed: { readonly name: string; readonly text: string; readonly pad: string },
    errors: FieldErrors = {},
  ) {
    const pads = await app.pads.list(currentUserOf(request).id);
    const csrfToken = app.csrfToken(request, reply);
    return reply.page(noteFormPage(title, { csrfToken, pads, errors, ...typed }));
  }

  app.get("/", async (request, reply) => {
    const { id } = currentUserOf(request);
    const order = orderFrom(queryOf(request, "order"));
    const [list, pads] = await Promise.all([
      findPage((page) => app.notes.list(id, order, page), pageFrom(queryOf(request, "page"))),
      app.pads.list(id),
    ]);
    return reply.page(allNotesPage({ ...list, pads, order, calendar: app.calendar }));
  });

  app.get("/notes/create/", async (request, reply) => {
    return showForm(request, reply, "New note", { name: "", text: "", pad: queryOf(request, "pad") });
  });

  app.post("/notes/create/", { bodyLimit: BODY_LIMIT }, async (request, reply) => {
    const { typed, errors, values } = readForm(noteForm, request.body);
    if (!values) return showForm(request, reply, "New note", typed, errors);
    const created = await app.notes.create(currentUserOf(request).id, values);
    if (created === "no such pad") {
      return showForm(request, reply, "New note", typed, { pad: NO_SUCH_PAD });
    }
    app.metrics.notesWritten.inc({ action: "created" });
    return reply.redirectWithFlash(listAddress(values.pad), "note-created");
  });

  app.get<WithId>("/notes/:id/", async (request, reply) => {
    const [note, pads] = await Promise.all([findNote(request), app.pads.list(currentUserOf(request).id)]);
    return reply.page(notePage(note, pads, app.calendar));
  });

  app.get<WithId>("/notes/:id/edit/", async (request, reply) => {
    const { name, text, padId } = await findNote(request);
    return showForm(request, reply, name, { name, text, pad: String(padId ?? "") });
  });

  app.post<WithId>("/notes/:id/edit/", { bodyLimit: BODY_LIMIT }, async (request, reply) => {
    const note = await findNote(request);
    const { typed, errors, values } = readForm(noteForm, request.body);
    if (!values) return showForm(request, reply, note.name, typed, errors);
    const result = await app.notes.update(currentUserOf(request).id, note.id, values);
    if (result === "no such note") throw new NotFound();
    if (result === "no such pad") {
      return showForm(request, reply, note.name, typed, { pad: NO_SUCH_PAD });
    }
    app.metrics.notesWritten.inc({ action: "updated" });
    return reply.redirectWithFlash(listAddress(values.pad), "note-updated");
  });

  app.get<WithId>("/notes/:id/delete/", async (request, reply) => {
    const [{ id, name }, pads] = await Promise.all([
      findNote(request),
      app.pads.list(currentUserOf(request).id),
    ]);
    const question = `Are you sure you want to delete ${name}?`;
    const csrfToken = app.csrfToken(request, reply);
    return reply.page(deletePage({ name, question, cancel: `/notes/${id}/`, csrfToken, pads }));
  });

  app.post<WithId>("/notes/:id/delete/", async (request, reply) => {
    const id = idFrom(request.params.id);
    const trashed = id === undefined ? undefined : await app.notes.trash(currentUserOf(request).id, id);
    if (!trashed) throw new NotFound();
    app.metrics.notesWritten.inc({ action: "deleted" });
    return reply.redirectWithFlash(listAddress(trashed.padId), "note-deleted");
  });
};

export default notes;
