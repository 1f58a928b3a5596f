/** Order of a list of notes. A minus means descending. */
export type Order = "name" | "-name" | "updated_at" | "-updated_at";

/** Default order: the most recently updated notes first. */
export const DEFAULT_ORDER: Order = "-updated_at";

const ORDERS = new Map<unknown, Order>([
  ["name", "name"],
  ["-name", "-name"],
  ["updated_at", "updated_at"],
  ["-updated_at", "-updated_at"],
]);

/** Reads `?order=`. Unknown values mean the default. */
export function orderFrom(value: unknown): Order {
  return ORDERS.get(value) ?? DEFAULT_ORDER;
}
