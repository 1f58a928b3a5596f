/** Maximum size of a ZIP file, in bytes. The pod's temporary folder has 256 MB: two fit. */
export const MAX_IMPORT_BYTES = 100 * 1024 * 1024;
/** Maximum size of `notejam.json`, in bytes. Parsing it takes several times as much of the pod's 512 MB of memory. */
export const MAX_MANIFEST_BYTES = 40 * 1024 * 1024;
/** Maximum number of pads. Each needs a query. */
export const MAX_PADS = 10_000;
/** Maximum number of files. */
export const MAX_ENTRIES = 250_000;
/** Maximum total size of all texts, in bytes. */
export const MAX_TOTAL_BYTES = 1024 * 1024 * 1024;
