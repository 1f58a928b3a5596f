import util from "node:util";

/**
 * cdktf calls `util.isArray`, for which Node 22.23 and newer print a deprecation warning (DEP0044) during each
 * synthesis. `Array.isArray`, of which it is an alias, replaces it.
 *
 * @see https://nodejs.org/api/deprecations.html#DEP0044
 */
Object.defineProperty(util, "isArray", { value: Array.isArray, writable: true, configurable: true });
