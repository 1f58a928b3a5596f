/** Availability zones that every environment uses: the loss of one leaves two. */
export const ZONE_COUNT = 3;
