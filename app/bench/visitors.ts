import { Browser } from "../e2e/browser.js";
import { seedNotebook } from "../e2e/seed-notebook.js";
import type { PostgresServer } from "../test/postgres-server.js";
import type { MixedRequest } from "./mixed-load.js";

const NOTEBOOK = { notes: 100, pads: 5 };
const READER = "reader@example.com";
const WRITER = "writer@example.com";

/** The mix in words, for reports. */
export const USUAL_MIX = "50 % list of 100 notes, 30 % one note, 20 % create a note";

/** The usual mix of requests: half lists, one third notes, one fifth writes. */
export async function usualMix(
  port: number,
  server: PostgresServer,
  database: string,
): Promise<MixedRequest[]> {
  const reader = new Browser(port);
  await reader.enter(READER);
  await seedNotebook(server, database, READER, NOTEBOOK);
  const writer = new Browser(port);
  await writer.enter(WRITER);
  const form = {
    ...(await writer.fieldsOf("/notes/create/")),
    name: "A note written under load",
    text: "It has a few lines.\r\n".repeat(20),
  };
  const found = await server.query(
    database,
    `select max(notes.id)::int as id from notes join users on users.id = user_id where email = '${READER}'`,
  );
  const cookie = reader.cookieHeader;
  for (const browser of [reader, writer]) browser.close();
  return [
    { method: "GET", path: "/", cookie, expected: 200, tenths: 5 },
    { method: "GET", path: `/notes/${found.rows[0].id}/`, cookie, expected: 200, tenths: 3 },
    {
      method: "POST",
      path: "/notes/create/",
      cookie: writer.cookieHeader,
      form,
      expected: 303,
      tenths: 2,
    },
  ];
}
