import fp from "fastify-plugin";
import { PasswordResetsRepository } from "../../auth/password-resets-repository.js";
import { Passwords } from "../../auth/passwords.js";
import { SessionsRepository } from "../../auth/sessions-repository.js";
import { UsersRepository } from "../../auth/users-repository.js";
import type { Database } from "../../database/database.js";
import { Calendar } from "../../domain/calendar.js";
import { ImportExportRepository } from "../../import-export/repository.js";
import type { Mailer } from "../../mail/mailer.js";
import { NotesRepository } from "../../notes/repository.js";
import { PadsRepository } from "../../pads/repository.js";
import { RateLimitsRepository } from "../../rate-limits/repository.js";
import { SearchRepository } from "../../search/repository.js";
import { TrashRepository } from "../../trash/repository.js";

/** Dependencies of the services. */
export interface ServicesOptions {
  readonly database: Database;
  readonly mailer: Mailer;
  readonly timeZone: string;
  readonly now?: () => Date;
}

declare module "fastify" {
  interface FastifyInstance {
    database: Database;
    mailer: Mailer;
    calendar: Calendar;
    passwords: Passwords;
    users: UsersRepository;
    sessions: SessionsRepository;
    passwordResets: PasswordResetsRepository;
    pads: PadsRepository;
    notes: NotesRepository;
    noteSearch: SearchRepository;
    trash: TrashRepository;
    importExport: ImportExportRepository;
    rateLimitCounters: RateLimitsRepository;
  }
}

/** Provides repositories and services to the routes. */
export default fp<ServicesOptions>(
  async (app, { database, mailer, timeZone, now }) => {
    app.decorate("database", database);
    app.decorate("mailer", mailer);
    app.decorate("calendar", new Calendar(timeZone, now));
    app.decorate("passwords", new Passwords());
    app.decorate("users", new UsersRepository(database));
    app.decorate("sessions", new SessionsRepository(database));
    app.decorate("passwordResets", new PasswordResetsRepository(database));
    app.decorate("pads", new PadsRepository(database));
    app.decorate("notes", new NotesRepository(database));
    app.decorate("noteSearch", new SearchRepository(database));
    app.decorate("trash", new TrashRepository(database));
    app.decorate("importExport", new ImportExportRepository(database));
    app.decorate("rateLimitCounters", new RateLimitsRepository(database));
  },
  { name: "services" },
);
