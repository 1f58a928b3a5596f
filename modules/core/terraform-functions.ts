// biome-ignore lint/style/noRestrictedImports: this module escapes the arguments
import { Fn, type IResolvable, Op, propertyAccess, ref, Token, Tokenization } from "cdktf";

/**
 * Terraform functions for use in stacks. They replace cdktf's `Fn`, `Op` and `propertyAccess`, which do not escape
 * strings: quotation marks end the string, backslashes start an escape sequence, and `${` or `%{` start a template
 * sequence. Here every string is a literal, and only its tokens are expressions.
 *
 * The linter forbids cdktf's own. To use another function, add it here with `literals` around its arguments.
 *
 * @see https://developer.hashicorp.com/terraform/language/functions
 */

/** Returns the element of a list at an index, from 0. Terraform fails when the list is too short. */
export function at(list: readonly string[], index: number): string {
  return Token.asString(propertyAccess(literals([...list]), [index]));
}

/** Decodes base64. */
export function base64decode(text: string): string {
  return Fn.base64decode(literals(text));
}

/** Returns true when an expression, such as `regex(…)`, evaluates without an error. */
export function can(expression: string): IResolvable {
  return Fn.can(literals(expression));
}

/** Returns the first value when the condition is true, else the second. */
export function conditional(condition: IResolvable, whenTrue: string, whenFalse: string): string {
  return Token.asString(Fn.conditional(condition, literals(whenTrue), literals(whenFalse)));
}

/** Returns the element of a list at an index, from 0. The index wraps around at the end of the list. */
export function element(list: readonly string[], index: number): string {
  return Token.asString(Fn.element(literals([...list]), index));
}

/** Compares two values. */
export function equals(left: string, right: string): IResolvable {
  return Op.eq(literals(left), literals(right));
}

/** Formats each element of a list; the format is Terraform's, such as `github.com %s`. */
export function formatlist(format: string, list: IResolvable): string[] {
  return Token.asList(Fn.formatlist(literals(format), [literals(list)]));
}

/**
 * Encodes a value as JSON, with the values that its tokens have at apply time.
 *
 * @param value strings, finite numbers, booleans, null, tokens, lists and plain objects of them; undefined members are
 *   left out
 * @throws Error when a key of an object holds a token, or when JSON cannot express the value (NaN, a Date, a Map)
 */
export function jsonencode(value: unknown): string {
  return Fn.jsonencode(literals(value));
}

/** Joins a list of strings. */
export function join(separator: string, list: readonly string[]): string {
  return Fn.join(literals(separator), literals([...list]));
}

/** Returns the member of a map with this key. Terraform fails when the map has none. */
export function lookup(map: object, key: string): string {
  return Token.asString(propertyAccess(map, [literals(key)]));
}

/** Returns the match of a regular expression (RE2) in a text. Terraform fails when there is no match. */
export function regex(pattern: string, text: string): string {
  return Fn.regex(literals(pattern), literals(text));
}

/** Converts a set or a tuple to a list. */
export function tolist(collection: IResolvable): string[] {
  return Fn.tolist(literals(collection));
}

/** Converts a number or a boolean to a string. */
export function tostring(value: number | boolean): string {
  return Fn.tostring(literals(value));
}

/** Removes white space from both ends of a text. */
export function trimspace(text: string): string {
  return Fn.trimspace(literals(text));
}

const HCL_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** Matches a string token, or a character with a special meaning in an HCL string. */
const TOKEN_OR_SPECIAL = /(\$\{TfToken\[[\w:.-]+\]\})|["\\\p{Cc}]|\$(?=\$*\{)|%(?=%*\{)/gu;

/** Matches a number token in a string. */
const NUMBER_TOKEN = /-\d+(?:\.\d+)?e\+\d{3}/g;

/** Terraform's `null`. cdktf writes a JavaScript `null` in a list as empty text. */
const NULL = ref("null");

/**
 * Returns the value with every string in it, and every key, escaped for HCL. Tokens stay as they are.
 *
 * @throws Error when a key holds a token, which cdktf cannot write, or when JSON cannot express the value
 */
function literals<T>(value: T): T;
function literals(value: unknown): unknown {
  if (typeof value === "string") return escapeText(withStringTokens(value));
  if (value === null) return NULL;
  if (value === undefined || typeof value === "boolean" || Token.isUnresolved(value)) return value;
  if (Array.isArray(value)) {
    rejectHoles(value);
    return value.filter((member) => member !== undefined).map((member) => literals(member));
  }
  if (isPlainObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [literalKey(key), literals(member)]),
    );
  }
  if (Number.isFinite(value)) return value;
  throw inexpressible(describe(value));
}

function rejectHoles(list: readonly unknown[]): void {
  for (const index of list.keys()) {
    if (!(index in list)) throw inexpressible(`a list without an element at index ${index}`);
  }
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Describes a value that JSON cannot express: "NaN", "a symbol", "an instance of Map". */
function describe(value: unknown): string {
  if (typeof value === "number") return String(value);
  if (typeof value !== "object" || value === null) return `a ${typeof value}`;
  return `an instance of ${value.constructor.name}`;
}

function inexpressible(what: string): Error {
  return new Error(
    `A Terraform expression cannot contain ${what}. Use strings, finite numbers, booleans, null, lists and plain objects.`,
  );
}

function literalKey(key: string): string {
  // cdktf copies members by assignment, which sets the prototype instead.
  if (key === "__proto__") throw inexpressible(`the key "${key}"`);
  if (Token.isUnresolved(withStringTokens(key))) {
    throw new Error(
      `The key "${key}" of an object in a Terraform expression holds a token. Write a literal key.`,
    );
  }
  return escapeText(key);
}

/** Replaces number tokens with string tokens. cdktf writes a number token in a string as text, not as an expression. */
function withStringTokens(text: string): string {
  return text.replaceAll(NUMBER_TOKEN, (found) => {
    const number = Tokenization.reverseNumber(Number(found));
    return number === undefined ? found : Token.asString(number);
  });
}

/** Escapes a text for HCL. `${` becomes `\u0024{`, because cdktf would escape `$${` again for each token. */
function escapeText(text: string): string {
  return text.replaceAll(TOKEN_OR_SPECIAL, (found, token: string | undefined) => {
    if (token !== undefined) return token;
    return HCL_ESCAPES[found] ?? `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
