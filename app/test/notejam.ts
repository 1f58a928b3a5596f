import type { FastifyInstance } from "fastify";
import { type Config, readConfig } from "../src/config.js";
import type { Database } from "../src/database/database.js";
import { readMigrations } from "../src/database/migrator.js";
import { MIGRATIONS_FOLDER, PUBLIC_FOLDER } from "../src/folders.js";
import type { Mail, Mailer } from "../src/mail/mailer.js";
import { buildServer } from "../src/server.js";
import { Visitor } from "./visitor.js";

/** Notejam for tests. */
export interface TestNotejam {
  readonly app: FastifyInstance;
  /** Sent mails. */
  readonly mails: Mail[];
  /** Logged lines. */
  readonly logged: string[];
  /** A new visitor with a browser. */
  visitor(address?: string): Visitor;
  /** A new user who is signed in. */
  person(): Promise<Visitor & { readonly email: string }>;
}

/** Options that differ from the defaults. */
export interface TestOptions {
  readonly environment?: Record<string, string>;
  readonly now?: () => Date;
  readonly mailer?: Mailer;
}

export const PASSWORD = "correct horse battery";

let people = 0;

/** An unused email address. */
export function newAddress(): string {
  people += 1;
  return `person${people}@example.com`;
}

/** Builds Notejam on a database. The caller closes `app`. */
export async function startNotejam(database: Database, options: TestOptions = {}): Promise<TestNotejam> {
  const mails: Mail[] = [];
  const logged: string[] = [];
  const config: Config = readConfig({ RATE_LIMIT: "off", ...options.environment });
  const folderMailer: Mailer = {
    async send(mail) {
      mails.push(mail);
    },
    close() {},
  };
  const app = await buildServer({
    config,
    // Closing the application must not close the database of the other tests.
    database,
    mailer: options.mailer ?? folderMailer,
    migrations: readMigrations(MIGRATIONS_FOLDER),
    publicFolder: PUBLIC_FOLDER,
    logTo: { write: (line) => logged.push(line) },
    ...(options.now ? { now: options.now } : {}),
  });
  await app.ready();
  return {
    app,
    mails,
    logged,
    visitor: (address) => new Visitor(app, address),
    async person() {
      const email = newAddress();
      const visitor = Object.assign(new Visitor(app), { email });
      await visitor.signUp(email, PASSWORD);
      await visitor.signIn(email, PASSWORD);
      return visitor;
    },
  };
}

/** Creates a note and returns its id. */
export async function makeNote(visitor: Visitor, name: string, text = "text", pad = ""): Promise<number> {
  const list = await visitor.submitAndFollow("/notes/create/", { name, text, pad });
  const ids = [...list.content.matchAll(/\/notes\/(\d+)\//g)].map(([, id]) => Number(id));
  return Math.max(...ids);
}

/** Creates a pad and returns its id. */
export async function makePad(visitor: Visitor, name: string): Promise<number> {
  const answer = await visitor.submit("/pads/create/", { name });
  return Number(/\/pads\/(\d+)\//.exec(answer.location ?? "")?.[1]);
}
