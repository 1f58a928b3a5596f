import { pbkdf2, timingSafeEqual } from "node:crypto";
import { availableParallelism } from "node:os";
import { promisify } from "node:util";
import { hash, verify } from "@node-rs/argon2";
import { WorkQueue } from "../work-queue.js";

const derive = promisify(pbkdf2);

// The OWASP minimum for argon2id (the library's default algorithm): 19 MiB, 2 passes, 1 lane.
// https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const CURRENT_PREFIX = "$argon2id$v=19$m=19456,t=2,p=1$";
/** Hash of a random password with the parameters above, verified when the address has no account. */
const UNUSED_HASH =
  "$argon2id$v=19$m=19456,t=2,p=1$cBn9EQjWEUSqTyby3jjnkQ$T2Ir5f0uU6NXgvaaioeqASVGwUl+YovLR2Nw0Q/cTLw";

/** Maximum number of waiting hashes: about two seconds of work for one core. */
const MAX_QUEUE_LENGTH = 200;
/** Django used 12,000 iterations. The limit protects against manipulated imports. */
const MAX_ITERATIONS = 2_000_000;

/** Hashes and verifies passwords. Leaves one core free, so that many sign-ins do not slow down reads. */
export class Passwords {
  readonly #queue = new WorkQueue(Math.max(1, Math.min(availableParallelism() - 1, 4)), MAX_QUEUE_LENGTH);

  /** Hashes a password with a random salt. */
  hash(password: string): Promise<string> {
    return this.#queue.run(() => hash(password, PARAMETERS));
  }

  /**
   * Returns true if the password is correct. Without a stored hash it does the same work and returns false, so that the
   * response time does not reveal whether an account exists.
   */
  verify(password: string, stored: string | undefined): Promise<boolean> {
    return this.#queue.run(async () => {
      if (stored === undefined) {
        await verify(UNUSED_HASH, password).catch(() => false);
        return false;
      }
      if (stored.startsWith("pbkdf2_sha256$")) return verifyDjango(password, stored);
      // An unknown format matches no password.
      return stored.startsWith("$argon2") ? verify(stored, password).catch(() => false) : false;
    });
  }

  /** Returns true if the stored hash should be replaced by one with the current parameters. */
  isOutdated(stored: string): boolean {
    return !stored.startsWith(CURRENT_PREFIX);
  }
}

/** Verifies a hash of the former application: `pbkdf2_sha256$<iterations>$<salt>$<base64>`. */
async function verifyDjango(password: string, stored: string): Promise<boolean> {
  const [, count, salt, encoded] = stored.split("$");
  const iterations = Number(count);
  if (!salt || !encoded || !Number.isInteger(iterations) || iterations < 1 || iterations > MAX_ITERATIONS) {
    return false;
  }
  const expected = Buffer.from(encoded, "base64");
  if (expected.length === 0) return false;
  return timingSafeEqual(expected, await derive(password, salt, iterations, expected.length, "sha256"));
}
