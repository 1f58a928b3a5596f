import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import type { FastifyReply } from "fastify";
import fp from "fastify-plugin";
import { document, type Flash, type Page } from "../../views/layout.js";

/** Flash messages, shown on the next page after a redirect. */
const FLASHES = {
  "account-created": "Account is created. Now you can sign in.",
  "password-mailed": "New password is sent in your email inbox",
  "password-changed": "Password is successfully changed",
  "note-created": "Note is successfully created",
  "note-updated": "Note is successfully updated",
  "note-deleted": "Note is successfully deleted",
  "note-restored": "Note is successfully restored",
  "note-restored-alone": "Note is successfully restored. Its pad is in the trash, so it is in no pad now",
  "pad-created": "Pad is successfully created",
  "pad-updated": "Pad is successfully updated",
  "pad-deleted": "Pad is successfully deleted",
  "pad-restored": "Pad is successfully restored",
} as const;

/** Key of a message. */
export type FlashKey = keyof typeof FLASHES;

const KNOWN = new Map<string, string>(Object.entries(FLASHES));
/** A flash message with numbers: `imported.12.3`. */
const IMPORTED = /^imported\.(\d{1,6})\.(\d{1,6})$/;

/** Options of the page renderer. */
export interface PagesOptions {
  /** Folder of the style sheet. */
  readonly folder: string;
  readonly secure: boolean;
}

declare module "fastify" {
  interface FastifyReply {
    /** Sends a page. */
    page(page: Page, flash?: Flash): FastifyReply;
    /** Redirects to another page, which shows the message. */
    redirectWithFlash(address: string, flash?: FlashKey | `imported.${number}.${number}`): FastifyReply;
  }
}

function messageOf(key: string): string | undefined {
  const [, added, skipped] = IMPORTED.exec(key) ?? [];
  if (added === undefined) return KNOWN.get(key);
  return `${added} notes are imported${skipped === "0" ? "" : `, ${skipped} were here already`}`;
}

/** Renders pages and shows flash messages after redirects. */
export default fp<PagesOptions>(
  async (app, { folder, secure }) => {
    const cookieName = secure ? "__Host-flash" : "flash";
    const cookie = { path: "/", httpOnly: true, sameSite: "lax", secure, maxAge: 300 } as const;
    const css = readFileSync(path.join(folder, "css/style.css"));
    const stylesheet = `/static/css/style.css?v=${createHash("sha256").update(css).digest("hex").slice(0, 12)}`;

    // Only for this version of the file: during a rollout, pages of another release request their style sheet here, and
    // browsers must not cache ours for it.
    app.addHook("onSend", async (request, reply) => {
      if (request.url === stylesheet && reply.statusCode < 400)
        reply.header("cache-control", "public, max-age=31536000, immutable");
    });

    function takeFlash(reply: FastifyReply): Flash | undefined {
      const key = reply.request.cookies?.[cookieName];
      if (key === undefined) return undefined;
      reply.clearCookie(cookieName, cookie);
      const text = messageOf(key);
      return text === undefined ? undefined : { kind: "success", text };
    }

    app.decorateReply("page", function sendPage(this: FastifyReply, page: Page, flash?: Flash) {
      const { request } = this;
      const frame = {
        email: request.currentUser?.email,
        flash: flash ?? takeFlash(this),
        stylesheet,
      };
      return this.header("cache-control", "private, no-store")
        .type("text/html; charset=utf-8")
        .send(document(frame, page));
    });

    app.decorateReply(
      "redirectWithFlash",
      function redirectWithFlash(this: FastifyReply, address: string, flash?: string) {
        if (flash !== undefined) this.setCookie(cookieName, flash, cookie);
        return this.header("cache-control", "private, no-store").redirect(address, 303);
      },
    );
  },
  { name: "pages", dependencies: ["current-user", "external-cookie"] },
);
