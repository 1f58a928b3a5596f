import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { currentUserOf } from "../auth/current-user.js";
import { REQUIRED } from "../forms/form.js";
import { CSRF_FIELD } from "../views/form-fields.js";
import { Overloaded, WorkQueue } from "../work-queue.js";
import { exportZip } from "./export.js";
import { importZip, UnusableImport } from "./import.js";
import { LARGEST_IMPORT } from "./limits.js";
import multipart from "./multipart.js";
import { type StoredUpload, UploadStorage } from "./upload-storage.js";
import { exportPage, importPage } from "./views.js";

/** Imports done at once, and waiting, in one process. */
const IMPORTS_AT_ONCE = 1;
const IMPORTS_WAITING = 5;

/** What uploads may hold together, in one process, in bytes: they fit into the pod's folder for temporary files. */
const UPLOAD_STORAGE = 2 * LARGEST_IMPORT;

/** An upload of which nothing arrives for so long is given up, in milliseconds. */
const STALLED = 10_000;

/** The form broke off, or its parts are not what the browser announced. */
class UnreadableUpload extends Error {
  override readonly name = "UnreadableUpload";
  readonly statusCode: number;

  constructor(message: string, statusCode = 400) {
    super(message);
    this.statusCode = statusCode;
  }
}

/** The parser only has words for what is wrong; failures of the disk have a code, and ours a class of their own. ECONNRESET: the browser went away. */
function isUnreadable(error: unknown): error is Error {
  return (
    error instanceof Error &&
    error.constructor === Error &&
    (!("code" in error) || error.code === "ECONNRESET")
  );
}

/**
 * Fails when nothing arrives for long. The server's own limit counts until the last byte is there, but the parser
 * can wait for more even then: https://github.com/fastify/busboy/issues/228
 */
async function whileArriving<T>(request: FastifyRequest, work: Promise<T>): Promise<T> {
  let last = { bytes: 0, at: performance.now() };
  let watch: NodeJS.Timeout | undefined;
  const stalled = new Promise<never>((_, reject) => {
    watch = setInterval(() => {
      const bytes = request.raw.socket.bytesRead;
      if (bytes !== last.bytes) last = { bytes, at: performance.now() };
      else if (performance.now() - last.at > STALLED)
        reject(new UnreadableUpload("nothing more arrives", 408));
    }, STALLED / 10);
  });
  try {
    return await Promise.race([work, stalled]);
  } finally {
    clearInterval(watch);
  }
}

/** Everything out as a ZIP, and back in. */
const importExport: FastifyPluginAsync = async (app) => {
  await app.register(multipart);
  const imports = new WorkQueue(IMPORTS_AT_ONCE, IMPORTS_WAITING);
  const room = new UploadStorage(UPLOAD_STORAGE);

  /** Takes the form's parts in order: the token must come first, before a file is written anywhere. */
  async function receive(request: FastifyRequest, place: StoredUpload): Promise<boolean> {
    let token = "";
    for await (const part of request.parts()) {
      if (part.type === "field") {
        if (part.fieldname === CSRF_FIELD && typeof part.value === "string") token = part.value;
        continue;
      }
      app.checkCsrfToken(request, token);
      if (part.fieldname !== "file" || part.filename === "") {
        part.file.resume();
        continue;
      }
      await place.store(part.file);
      return true;
    }
    app.checkCsrfToken(request, token);
    return false;
  }

  app.get("/export/", async (request, reply) =>
    reply.page(exportPage(await app.pads.list(currentUserOf(request).id))),
  );

  app.get("/export/notejam.zip", async (request, reply) => {
    const stream = await exportZip(app.importExport, currentUserOf(request).id);
    return reply
      .type("application/zip")
      .header("cache-control", "private, no-store")
      .header("content-disposition", 'attachment; filename="notejam.zip"')
      .send(stream);
  });

  app.get("/import/", async (request, reply) => {
    const pads = await app.pads.list(currentUserOf(request).id);
    return reply.page(importPage({ csrfToken: app.csrfToken(request, reply), pads }));
  });

  app.post(
    "/import/",
    { config: { checksCsrfItself: true }, bodyLimit: LARGEST_IMPORT + 64 * 1024 },
    async (request, reply) => {
      const currentUser = currentUserOf(request);
      const showError = async (problem: string) => {
        const pads = await app.pads.list(currentUser.id);
        return reply.page(
          importPage({ csrfToken: app.csrfToken(request, reply), pads, errors: { file: problem } }),
        );
      };
      if (!request.isMultipart()) {
        app.checkCsrfToken(request, "");
        return reply;
      }
      const place = room.place();
      try {
        if (!(await whileArriving(request, receive(request, place)))) return await showError(REQUIRED);
        const { added, known } = await imports.run(() =>
          importZip(app.importExport, currentUser.id, place.file),
        );
        app.metrics.notesWritten.inc({ action: "imported" }, added);
        return reply.redirectWithFlash("/", `imported.${added}.${known}`);
      } catch (error) {
        if (error instanceof UnusableImport) return await showError(error.message);
        // Ends what may still be waiting for the rest, or sending it.
        if (error instanceof UnreadableUpload || error instanceof Overloaded)
          reply.header("connection", "close");
        if (isUnreadable(error)) throw new UnreadableUpload(error.message);
        throw error;
      } finally {
        await place.giveBack();
      }
    },
  );
};

export default importExport;
