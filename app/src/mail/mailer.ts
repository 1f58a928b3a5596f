import { randomBytes } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Transporter } from "nodemailer";
import type { Config } from "../config.js";

/** A mail of plain text. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** Sends mail. */
export interface Mailer {
  send(mail: Mail): Promise<void>;
  close(): void;
}

/** Timeouts of the mail server, in milliseconds. */
const SERVER_TIMEOUT = 10_000;

/** Opens the configured mailer. */
export function openMailer({ mail, mailFrom }: Pick<Config, "mail" | "mailFrom">): Mailer {
  if (mail.kind === "folder") return folderMailer(mail.folder, mailFrom);
  // Connects with the first mail, because most processes never send one.
  let transport: Promise<Transporter> | undefined;
  return {
    async send(message) {
      transport ??= mail.kind === "smtp" ? smtpTransport(mail.url) : sesTransport(mail.region);
      await (await transport).sendMail({ from: mailFrom, ...message });
    },
    close() {
      void transport?.then((opened) => opened.close());
    },
  };
}

async function smtpTransport(url: string): Promise<Transporter> {
  const { createTransport } = await import("nodemailer");
  return createTransport({
    url,
    // Without TLS, an impersonated server would receive the password.
    requireTLS: new URL(url).username !== "",
    pool: true,
    maxConnections: 2,
    connectionTimeout: SERVER_TIMEOUT,
    greetingTimeout: SERVER_TIMEOUT,
    socketTimeout: SERVER_TIMEOUT,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

async function sesTransport(region: string): Promise<Transporter> {
  const ses = await import("./ses-transport.js");
  return ses.sesTransport(region);
}

/** Writes each mail as a file, for local use and for tests. */
function folderMailer(folder: string, from: string): Mailer {
  return {
    async send({ to, subject, text }) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const now = new Date();
      const name = `${now.toISOString().replaceAll(":", "-")}-${randomBytes(4).toString("hex")}`;
      const headers = [
        `Date: ${now.toUTCString()}`,
        `From: ${from}`,
        `To: ${to}`,
        `Subject: ${subject}`,
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
      ];
      // Renamed when complete, so that readers of the folder never see half a mail.
      const draft = path.join(folder, `.${name}`);
      await writeFile(draft, `${headers.join("\n")}\n\n${text}`, { mode: 0o600 });
      await rename(draft, path.join(folder, `${name}.eml`));
    },
    close() {},
  };
}
