import util from "node:util";

/**
 * cdktf calls `util.isArray`, and Node 22.23 and newer then print a deprecation warning (DEP0044) on standard error of every
 * synthesis. The function is an alias of `Array.isArray`, which takes its place.
 *
 * @see https://nodejs.org/api/deprecations.html#DEP0044
 */
Object.defineProperty(util, "isArray", { value: Array.isArray, writable: true, configurable: true });
