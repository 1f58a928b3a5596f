import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { viewerOf } from "../auth/current-user.js";
import { idFrom } from "../domain/ids.js";
import { pageFrom, pageWithin } from "../domain/pagination.js";
import type { WithId } from "../domain/with-id.js";
import { fieldOf } from "../forms/body.js";
import { queryOf } from "../forms/query.js";
import { isFlawless, nameProblem, padProblem, textProblem } from "../forms/rules.js";
import { NotFound } from "../plugins/app/error-handler.js";
import { orderFrom } from "./order.js";
import type { Note, NoteContent } from "./repository.js";
import { allNotesPage, deletePage, noteFormPage, notePage } from "./views.js";

/** A note of 1 MB grows up to threefold when a browser encodes it, in bytes. */
const BODY_LIMIT = 4 * 1024 * 1024;

/** What was typed into the form of a note. */
interface Typed {
  readonly name: string;
  readonly text: string;
  readonly pad: string;
}

function typedIn(request: FastifyRequest): Typed {
  return {
    name: fieldOf(request.body, "name").trim(),
    // Browsers send line breaks as two characters.
    text: fieldOf(request.body, "text").replaceAll("\r\n", "\n"),
    pad: fieldOf(request.body, "pad").trim(),
  };
}

function problemsOf({ name, text, pad }: Typed) {
  return {
    name: nameProblem(name),
    text: textProblem(text),
    pad: pad === "" || idFrom(pad) !== undefined ? undefined : padProblem(),
  };
}

function contentOf({ name, text, pad }: Typed): NoteContent {
  return { name, text, padId: idFrom(pad) ?? null };
}

const addressOfList = (padId: number | null): string => (padId === null ? "/" : `/pads/${padId}/`);

/** All notes; view, write and delete one. */
const notes: FastifyPluginAsync = async (app) => {
  async function findNote(request: FastifyRequest<WithId>): Promise<Note> {
    const id = idFrom(request.params.id);
    const note = id === undefined ? undefined : await app.notes.find(viewerOf(request).id, id);
    if (!note) throw new NotFound();
    return note;
  }

  async function showForm(
    request: FastifyRequest,
    reply: FastifyReply,
    title: string,
    typed: Typed,
    errors = {},
  ) {
    const pads = await app.pads.list(viewerOf(request).id);
    const csrfToken = app.csrfToken(request, reply);
    return reply.page(noteFormPage(title, { csrfToken, pads, errors, ...typed }));
  }

  app.get("/", async (request, reply) => {
    const viewer = viewerOf(request);
    const order = orderFrom(queryOf(request, "order"));
    const asked = pageFrom(queryOf(request, "page"));
    const padsFound = app.pads.list(viewer.id);
    let [found, pads] = await Promise.all([app.notes.list(viewer.id, order, asked), padsFound]);
    if (found.total === 0 && asked > 1) {
      const { total } = await app.notes.list(viewer.id, order, 1);
      found = await app.notes.list(viewer.id, order, pageWithin(asked, total).page);
    }
    const number = pageWithin(asked, found.total);
    return reply.page(allNotesPage({ notes: found, pads, order, number, calendar: app.calendar }));
  });

  app.get("/notes/create/", async (request, reply) => {
    return showForm(request, reply, "New note", { name: "", text: "", pad: queryOf(request, "pad") });
  });

  app.post("/notes/create/", { bodyLimit: BODY_LIMIT }, async (request, reply) => {
    const typed = typedIn(request);
    const errors = problemsOf(typed);
    if (!isFlawless(errors)) return showForm(request, reply, "New note", typed, errors);
    const content = contentOf(typed);
    const created = await app.notes.create(viewerOf(request).id, content);
    if (created === "no such pad") {
      return showForm(request, reply, "New note", typed, { pad: padProblem() });
    }
    app.metrics.notesWritten.inc({ action: "created" });
    return reply.goOn(addressOfList(content.padId), "note-created");
  });

  app.get<WithId>("/notes/:id/", async (request, reply) => {
    const [note, pads] = await Promise.all([findNote(request), app.pads.list(viewerOf(request).id)]);
    return reply.page(notePage(note, pads, app.calendar));
  });

  app.get<WithId>("/notes/:id/edit/", async (request, reply) => {
    const { name, text, padId } = await findNote(request);
    return showForm(request, reply, name, { name, text, pad: padId === null ? "" : String(padId) });
  });

  app.post<WithId>("/notes/:id/edit/", { bodyLimit: BODY_LIMIT }, async (request, reply) => {
    const note = await findNote(request);
    const typed = typedIn(request);
    const errors = problemsOf(typed);
    if (!isFlawless(errors)) return showForm(request, reply, note.name, typed, errors);
    const content = contentOf(typed);
    const result = await app.notes.update(viewerOf(request).id, note.id, content);
    if (result === "no such note") throw new NotFound();
    if (result === "no such pad") {
      return showForm(request, reply, note.name, typed, { pad: padProblem() });
    }
    app.metrics.notesWritten.inc({ action: "updated" });
    return reply.goOn(addressOfList(content.padId), "note-updated");
  });

  app.get<WithId>("/notes/:id/delete/", async (request, reply) => {
    const [note, pads] = await Promise.all([findNote(request), app.pads.list(viewerOf(request).id)]);
    const question = `Are you sure you want to delete ${note.name}?`;
    return reply.page(
      deletePage(note.name, question, `/notes/${note.id}/`, app.csrfToken(request, reply), pads),
    );
  });

  app.post<WithId>("/notes/:id/delete/", async (request, reply) => {
    const id = idFrom(request.params.id);
    const gone = id === undefined ? undefined : await app.notes.trash(viewerOf(request).id, id);
    if (!gone) throw new NotFound();
    app.metrics.notesWritten.inc({ action: "deleted" });
    return reply.goOn(addressOfList(gone.padId), "note-deleted");
  });
};

export default notes;
