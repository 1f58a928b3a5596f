import { eq, sql } from "drizzle-orm";
import type { Database } from "../database/database.js";
import { violates } from "../database/errors.js";
import { users } from "../database/schema.js";

/** A registered user. */
export interface User {
  readonly id: number;
  readonly email: string;
  readonly passwordHash: string;
}

const columns = { id: users.id, email: users.email, passwordHash: users.passwordHash };
// The same expression as in the unique index. Otherwise the index is not used.
const sameAddress = (email: unknown) =>
  sql`lower(${users.email} collate "und-x-icu") = lower(${email}::text collate "und-x-icu")`;

/** Stores users. */
export class UsersRepository {
  readonly #database: Database;
  readonly #byEmail;
  readonly #byId;

  constructor(database: Database) {
    this.#database = database;
    this.#byEmail = database.reads
      .select(columns)
      .from(users)
      .where(sameAddress(sql.placeholder("email")))
      .prepare("user_by_email");
    this.#byId = database.reads
      .select(columns)
      .from(users)
      .where(eq(users.id, sql.placeholder("id")))
      .prepare("user_by_id");
  }

  /** Finds a user by email address, ignoring case. */
  async byEmail(email: string): Promise<User | undefined> {
    const [user] = await this.#byEmail.execute({ email });
    return user;
  }

  async byId(id: number): Promise<User | undefined> {
    const [user] = await this.#byId.execute({ id });
    return user;
  }

  /** Adds a user. Returns false if the address is taken, also if two requests add it at the same time. */
  async add(email: string, passwordHash: string): Promise<boolean> {
    try {
      await this.#database.writes.insert(users).values({ email, passwordHash });
      return true;
    } catch (error) {
      if (violates(error, "users_email_key")) return false;
      throw error;
    }
  }

  /** Replaces a hash by a newer one of the same password, unless the password was changed in between. */
  async rehash(user: User, passwordHash: string): Promise<void> {
    await this.#database.writes.execute(
      sql`update users set password_hash = ${passwordHash} where id = ${user.id} and password_hash = ${user.passwordHash}`,
    );
  }
}
