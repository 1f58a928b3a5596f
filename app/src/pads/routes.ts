import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { currentUserOf } from "../auth/current-user.js";
import { idFrom, type WithId } from "../domain/ids.js";
import { pageFrom } from "../domain/pagination.js";
import { queryOf } from "../forms/fields.js";
import { readForm } from "../forms/form.js";
import { findPage } from "../notes/list.js";
import { orderFrom } from "../notes/order.js";
import { NotFound } from "../plugins/app/error-handler.js";
import { deletePage } from "../views/delete-page.js";
import type { FieldErrors } from "../views/form-fields.js";
import { padForm } from "./form.js";
import type { Pad } from "./repository.js";
import { padFormPage, padPage } from "./views.js";

/** Routes to view, create, rename and delete pads. */
const pads: FastifyPluginAsync = async (app) => {
  async function findPad(request: FastifyRequest<WithId>): Promise<Pad> {
    const id = idFrom(request.params.id);
    const pad = id === undefined ? undefined : await app.pads.find(currentUserOf(request).id, id);
    if (!pad) throw new NotFound();
    return pad;
  }

  async function showForm(
    request: FastifyRequest,
    reply: FastifyReply,
    name: string,
    errors: FieldErrors = {},
    pad?: Pad,
  ) {
    const own = await app.pads.list(currentUserOf(request).id);
    const state = { csrfToken: app.csrfToken(request, reply), pads: own, name, errors };
    return reply.page(padFormPage(pad?.name ?? "New pad", state, pad?.id));
  }

  app.get("/pads/create/", async (request, reply) => showForm(request, reply, ""));

  app.post("/pads/create/", async (request, reply) => {
    const { typed, errors, values } = readForm(padForm, request.body);
    if (!values) return showForm(request, reply, typed.name, errors);
    const id = await app.pads.create(currentUserOf(request).id, values.name);
    return reply.redirectWithFlash(`/pads/${id}/`, "pad-created");
  });

  app.get<WithId>("/pads/:id/", async (request, reply) => {
    const currentUser = currentUserOf(request);
    const id = idFrom(request.params.id);
    if (id === undefined) throw new NotFound();
    const order = orderFrom(queryOf(request, "order"));
    const [list, own] = await Promise.all([
      findPage(
        (page) => app.notes.listInPad(currentUser.id, id, order, page),
        pageFrom(queryOf(request, "page")),
      ),
      app.pads.list(currentUser.id),
    ]);
    const pad = own.find((each) => each.id === id);
    if (!pad) throw new NotFound();
    return reply.page(padPage({ ...list, pads: own, order, calendar: app.calendar }, pad));
  });

  app.get<WithId>("/pads/:id/edit/", async (request, reply) => {
    const pad = await findPad(request);
    return showForm(request, reply, pad.name, {}, pad);
  });

  app.post<WithId>("/pads/:id/edit/", async (request, reply) => {
    const pad = await findPad(request);
    const { typed, errors, values } = readForm(padForm, request.body);
    if (!values) return showForm(request, reply, typed.name, errors, pad);
    if (!(await app.pads.rename(currentUserOf(request).id, pad.id, values.name))) throw new NotFound();
    return reply.redirectWithFlash(`/pads/${pad.id}/`, "pad-updated");
  });

  app.get<WithId>("/pads/:id/delete/", async (request, reply) => {
    const [{ id, name }, own] = await Promise.all([
      findPad(request),
      app.pads.list(currentUserOf(request).id),
    ]);
    const question = `Are you sure you want to delete ${name} and all related notes?`;
    const csrfToken = app.csrfToken(request, reply);
    return reply.page(deletePage({ name, question, cancel: `/pads/${id}/edit/`, csrfToken, pads: own }));
  });

  app.post<WithId>("/pads/:id/delete/", async (request, reply) => {
    const id = idFrom(request.params.id);
    if (id === undefined || !(await app.pads.trash(currentUserOf(request).id, id))) throw new NotFound();
    return reply.redirectWithFlash("/", "pad-deleted");
  });
};

export default pads;
