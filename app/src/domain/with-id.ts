/** Routes with an id in their address. */
export interface WithId {
  Params: { id: string };
}
