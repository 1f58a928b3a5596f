import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { viewerOf } from "../auth/current-user.js";
import { idFrom } from "../domain/ids.js";
import { pageFrom, pageWithin } from "../domain/pagination.js";
import type { WithId } from "../domain/with-id.js";
import { fieldOf } from "../forms/body.js";
import { queryOf } from "../forms/query.js";
import { nameProblem } from "../forms/rules.js";
import { orderFrom } from "../notes/order.js";
import { deletePage, padFormPage, padPage } from "../notes/views.js";
import { NotFound } from "../plugins/app/error-handler.js";
import type { Pad } from "./repository.js";

/** View, make, rename and delete pads. */
const pads: FastifyPluginAsync = async (app) => {
  async function findPad(request: FastifyRequest<WithId>): Promise<Pad> {
    const id = idFrom(request.params.id);
    const pad = id === undefined ? undefined : await app.pads.find(viewerOf(request).id, id);
    if (!pad) throw new NotFound();
    return pad;
  }

  async function showForm(
    request: FastifyRequest,
    reply: FastifyReply,
    name: string,
    error?: string,
    pad?: Pad,
  ) {
    const own = await app.pads.list(viewerOf(request).id);
    const state = { csrfToken: app.csrfToken(request, reply), pads: own, name, errors: { name: error } };
    return reply.page(padFormPage(pad?.name ?? "New pad", state, pad?.id));
  }

  app.get("/pads/create/", async (request, reply) => showForm(request, reply, ""));

  app.post("/pads/create/", async (request, reply) => {
    const name = fieldOf(request.body, "name").trim();
    const error = nameProblem(name);
    if (error !== undefined) return showForm(request, reply, name, error);
    const id = await app.pads.create(viewerOf(request).id, name);
    return reply.goOn(`/pads/${id}/`, "pad-created");
  });

  app.get<WithId>("/pads/:id/", async (request, reply) => {
    const viewer = viewerOf(request);
    const id = idFrom(request.params.id);
    if (id === undefined) throw new NotFound();
    const order = orderFrom(queryOf(request, "order"));
    const asked = pageFrom(queryOf(request, "page"));
    const [first, own] = await Promise.all([
      app.notes.listInPad(viewer.id, id, order, asked),
      app.pads.list(viewer.id),
    ]);
    const pad = own.find((each) => each.id === id);
    if (!pad) throw new NotFound();
    let found = first;
    if (found.total === 0 && asked > 1) {
      const { total } = await app.notes.listInPad(viewer.id, id, order, 1);
      found = await app.notes.listInPad(viewer.id, id, order, pageWithin(asked, total).page);
    }
    const number = pageWithin(asked, found.total);
    return reply.page(padPage({ notes: found, pads: own, order, number, calendar: app.calendar }, pad));
  });

  app.get<WithId>("/pads/:id/edit/", async (request, reply) => {
    const pad = await findPad(request);
    return showForm(request, reply, pad.name, undefined, pad);
  });

  app.post<WithId>("/pads/:id/edit/", async (request, reply) => {
    const pad = await findPad(request);
    const name = fieldOf(request.body, "name").trim();
    const error = nameProblem(name);
    if (error !== undefined) return showForm(request, reply, name, error, pad);
    if (!(await app.pads.rename(viewerOf(request).id, pad.id, name))) throw new NotFound();
    return reply.goOn(`/pads/${pad.id}/`, "pad-updated");
  });

  app.get<WithId>("/pads/:id/delete/", async (request, reply) => {
    const [pad, own] = await Promise.all([findPad(request), app.pads.list(viewerOf(request).id)]);
    const question = `Are you sure you want to delete ${pad.name} and all related notes?`;
    return reply.page(
      deletePage(pad.name, question, `/pads/${pad.id}/edit/`, app.csrfToken(request, reply), own),
    );
  });

  app.post<WithId>("/pads/:id/delete/", async (request, reply) => {
    const id = idFrom(request.params.id);
    if (id === undefined || !(await app.pads.trash(viewerOf(request).id, id))) throw new NotFound();
    return reply.goOn("/", "pad-deleted");
  });
};

export default pads;
