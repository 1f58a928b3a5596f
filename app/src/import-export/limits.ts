/** Largest ZIP file taken, in bytes. The pod's folder for them has 256 MB: two fit. */
export const LARGEST_IMPORT = 100 * 1024 * 1024;
/** Largest `notejam.json` inside it, in bytes: read whole, it needs several times as much of the pod's 512 MB of memory. */
export const LARGEST_MANIFEST = 40 * 1024 * 1024;
/** Most pads inside it: each is looked up by itself. */
export const MOST_PADS = 10_000;
/** Most files inside it. */
export const MOST_ENTRIES = 250_000;
/** Largest sum of all texts inside it, in bytes. */
export const LARGEST_TOTAL = 1024 * 1024 * 1024;
