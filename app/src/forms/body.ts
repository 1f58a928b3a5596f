/**
 * The value of a posted field; empty when it is missing. Of a repeated field the last value counts,
 * as it did in the former application.
 */
export function fieldOf(body: unknown, name: string): string {
  if (typeof body !== "object" || body === null || !Object.hasOwn(body, name)) return "";
  const value: unknown = Reflect.get(body, name);
  const last: unknown = Array.isArray(value) ? value.at(-1) : value;
  return typeof last === "string" ? last : "";
}
