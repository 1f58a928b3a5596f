import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { currentUserOf } from "../auth/current-user.js";
import { REQUIRED } from "../forms/form.js";
import { CSRF_FIELD } from "../views/form-fields.js";
import { Overloaded, WorkQueue } from "../work-queue.js";
import { exportZip } from "./export.js";
import { importZip, UnusableImport } from "./import.js";
import { MAX_IMPORT_BYTES } from "./limits.js";
import multipart from "./multipart.js";
import { type StoredUpload, UploadStorage } from "./upload-storage.js";
import { exportPage, importPage } from "./views.js";

/** Maximum number of running and of waiting imports per process. */
const CONCURRENT_IMPORTS = 1;
const MAX_WAITING_IMPORTS = 5;

/** Maximum total size of concurrent uploads in one process, in bytes. They fit into the pod's temporary folder. */
const MAX_UPLOAD_BYTES = 2 * MAX_IMPORT_BYTES;

/** Time without data after which an upload is aborted, in milliseconds. */
const STALL_TIMEOUT = 10_000;

/** The form was cut off or is invalid. */
class UnreadableUpload extends Error {
  override readonly name = "UnreadableUpload";
  readonly statusCode: number;

  constructor(message: string, statusCode = 400) {
    super(message);
    this.statusCode = statusCode;
  }
}

/**
 * Returns true for errors of the multipart parser, which have neither a code nor a class. Disk errors have a code.
 * ECONNRESET: the browser disconnected.
 */
function isUnreadable(error: unknown): error is Error {
  return (
    error instanceof Error &&
    error.constructor === Error &&
    (!("code" in error) || error.code === "ECONNRESET")
  );
}

/**
 * Fails if no data arrives for a while. The server's request timeout ends with the last byte, but the parser can wait
 * for more even then: https://github.com/fastify/busboy/issues/228
 */
async function whileArriving<T>(request: FastifyRequest, work: Promise<T>): Promise<T> {
  let last = { bytes: 0, at: performance.now() };
  let watch: NodeJS.Timeout | undefined;
  const stalled = new Promise<never>((_, reject) => {
    watch = setInterval(() => {
      const bytes = request.raw.socket.bytesRead;
      if (bytes !== last.bytes) last = { bytes, at: performance.now() };
      else if (performance.now() - last.at > STALL_TIMEOUT)
        reject(new UnreadableUpload("no more data arrived", 408));
    }, STALL_TIMEOUT / 10);
  });
  try {
    return await Promise.race([work, stalled]);
  } finally {
    clearInterval(watch);
  }
}

/** Routes to export all notes as a ZIP and to import them. */
const importExport: FastifyPluginAsync = async (app) => {
  await app.register(multipart);
  const imports = new WorkQueue(CONCURRENT_IMPORTS, MAX_WAITING_IMPORTS);
  const storage = new UploadStorage(MAX_UPLOAD_BYTES);

  /** Reads the parts of the form in order. The token must come first, before a file is written. */
  async function receive(request: FastifyRequest, upload: StoredUpload): Promise<boolean> {
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
      await upload.store(part.file);
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
    { config: { checksCsrfItself: true }, bodyLimit: MAX_IMPORT_BYTES + 64 * 1024 },
    async (request, reply) => {
      const currentUser = currentUserOf(request);
      const showError = async (message: string) => {
        const pads = await app.pads.list(currentUser.id);
        return reply.page(
          importPage({ csrfToken: app.csrfToken(request, reply), pads, errors: { file: message } }),
        );
      };
      if (!request.isMultipart()) {
        app.checkCsrfToken(request, "");
        return reply;
      }
      const upload = storage.open();
      try {
        if (!(await whileArriving(request, receive(request, upload)))) return await showError(REQUIRED);
        const { added, known } = await imports.run(() =>
          importZip(app.importExport, currentUser.id, upload.file),
        );
        app.metrics.notesWritten.inc({ action: "imported" }, added);
        return reply.redirectWithFlash("/", `imported.${added}.${known}`);
      } catch (error) {
        if (error instanceof UnusableImport) return await showError(error.message);
        // Ends a client that is still sending or waiting.
        if (error instanceof UnreadableUpload || error instanceof Overloaded)
          reply.header("connection", "close");
        if (isUnreadable(error)) throw new UnreadableUpload(error.message);
        throw error;
      } finally {
        await upload.delete();
      }
    },
  );
};

export default importExport;
