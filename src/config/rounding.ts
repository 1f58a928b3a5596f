/** Tolerance: larger than the rounding errors of a few floating-point operations, smaller than any relevant part of a pod. */
const EPSILON = 1e-9;

/**
 * Rounds a number of pods or nodes up, except for rounding errors: 8.000000000000002 pods, computed as four times two,
 * are eight.
 */
export function wholeAtLeast(quantity: number): number {
  return Math.ceil(quantity - EPSILON);
}

/** Rounds a number of pods or nodes down, except for rounding errors. */
export function wholeAtMost(quantity: number): number {
  return Math.floor(quantity + EPSILON);
}
