/** Routes with an id in their address. */
export interface WithId {
  Params: { id: string };
}

/** Largest value of an `integer` column. */
const MAX_ID = 2_147_483_647;

/** Reads an id from an address. Returns undefined if no row can have it. */
export function idFrom(text: string): number | undefined {
  if (!/^\d{1,20}$/.test(text)) return undefined;
  const id = Number(text);
  return id >= 1 && id <= MAX_ID ? id : undefined;
}
