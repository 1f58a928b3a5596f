/** Largest ZIP file taken, in bytes. */
export const LARGEST_IMPORT = 256 * 1024 * 1024;
/** Largest `notejam.json` inside it, in bytes. */
export const LARGEST_MANIFEST = 64 * 1024 * 1024;
/** Most files inside it. */
export const MOST_ENTRIES = 250_000;
/** Largest sum of all texts inside it, in bytes. */
export const LARGEST_TOTAL = 1024 * 1024 * 1024;
