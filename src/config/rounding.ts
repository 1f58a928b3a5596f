/** Far less than any part of a pod that matters, far more than what a few calculations with doubles are wrong by. */
const NOTHING = 1e-9;

/**
 * The fewest whole pods, nodes and the like that are enough. What binary fractions add is not counted: eight pods are enough for
 * four times the load of two, although it may be computed as 8.000000000000002.
 */
export function wholeAtLeast(quantity: number): number {
  return Math.ceil(quantity - NOTHING);
}

/** The most whole pods, nodes and the like that fit, binary fractions not counted. */
export function wholeAtMost(quantity: number): number {
  return Math.floor(quantity + NOTHING);
}
