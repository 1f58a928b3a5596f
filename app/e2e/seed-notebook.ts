import type { PostgresServer } from "../test/postgres-server.js";

/** Numbers of pads and notes. */
export interface Notebook {
  readonly notes: number;
  readonly pads: number;
}

/** Words of the texts: each note has the first ones, and one that only it has. */
const TEXT =
  "milk and bread, the plumber on Tuesday, grandmother called about the garden, an idea for the summer, " +
  "the third chapter needs a better beginning, tickets are cheaper in the morning, ask Anna for the recipe";

/** Adds pads, and notes of about 1,000 characters one hour apart, to a registered user. */
export async function seedNotebook(
  server: PostgresServer,
  database: string,
  email: string,
  { notes, pads }: Notebook,
): Promise<void> {
  await server.query(
    database,
    `insert into pads (user_id, name)
     select users.id, 'Pad ' || number from users, generate_series(1, ${pads}) as number
     where email = '${email}'`,
  );
  await server.query(
    database,
    `insert into notes (user_id, pad_id, name, text, created_at, updated_at)
     select users.id, own.pads[1 + number % ${pads + 1}], 'Note number ' || number,
       'only' || number || ' ' || repeat('${TEXT}. ', 5),
       now() - number * interval '1 hour', now() - number * interval '1 hour'
     from users, generate_series(1, ${notes}) as number,
       lateral (select array_agg(id order by id) as pads from pads where pads.user_id = users.id) as own
     where email = '${email}'`,
  );
  await server.query(database, "vacuum analyze");
}
