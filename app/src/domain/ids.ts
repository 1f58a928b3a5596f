/** Largest value of an `integer` column. */
const LARGEST = 2_147_483_647;

/** Reads an id of an address; undefined when no row can have it. */
export function idFrom(text: string): number | undefined {
  if (!/^\d{1,20}$/.test(text)) return undefined;
  const id = Number(text);
  return id >= 1 && id <= LARGEST ? id : undefined;
}
