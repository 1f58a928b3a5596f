import type { FastifyRequest } from "fastify";

/**
 * The value of a posted field, or an empty string if it is missing. The last value counts if the field is repeated,
 * as in the former application.
 */
export function fieldOf(body: unknown, name: string): string {
  if (typeof body !== "object" || body === null || !Object.hasOwn(body, name)) return "";
  const value: unknown = Reflect.get(body, name);
  const last: unknown = Array.isArray(value) ? value.at(-1) : value;
  return typeof last === "string" ? last : "";
}

/** A query parameter, or an empty string if it is missing. The last value counts if it is repeated. */
export function queryOf(request: FastifyRequest, name: string): string {
  return fieldOf(request.query, name);
}
