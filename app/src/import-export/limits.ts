/** Largest ZIP file taken, in bytes. The pod's folder for them has 256 MB: two fit. */
export const MAX_IMPORT_BYTES = 100 * 1024 * 1024;
/** Largest `notejam.json` inside it, in bytes: read whole, it needs several times as much of the pod's 512 MB of memory. */
export const MAX_MANIFEST_BYTES = 40 * 1024 * 1024;
/** Most pads inside it: each is looked up by itself. */
export const MAX_PADS = 10_000;
/** Most files inside it. */
export const MAX_ENTRIES = 250_000;
/** Largest sum of all texts inside it, in bytes. */
export const MAX_TOTAL_BYTES = 1024 * 1024 * 1024;
