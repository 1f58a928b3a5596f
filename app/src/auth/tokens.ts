import { createHash, hash, randomBytes } from "node:crypto";

/** Creates a secret token: 32 random bytes as 43 characters of base64url. */
export function newToken(): string {
  return randomBytes(32).toString("base64url");
}

const TOKEN = /^[\w-]{43}$/;

/** Returns true if the text has the format of a token. */
export function isToken(text: string | undefined): text is string {
  return text !== undefined && TOKEN.test(text);
}

// The one-shot function is faster but missing in the oldest supported version of Node.
const sha256: (text: string) => string =
  typeof hash === "function"
    ? (text) => Buffer.from(hash("sha256", text), "hex").toString("base64url")
    : (text) => createHash("sha256").update(text).digest("base64url");

/** Hash of a token for storage. A token has 256 random bits, so a plain hash cannot be reversed. */
export function tokenHash(token: string): string {
  return sha256(token);
}

/** Derives a value from a secret for one purpose. It reveals neither the secret nor values for other purposes. */
export function derived(purpose: string, secret: string): string {
  return sha256(`${purpose}\0${secret}`);
}
