/**
 * Checks Node's version and the platform. Exits with one line and status 2 when they are unsupported:
 * `node src/preflight.cjs && …`.
 *
 * CommonJS without recent syntax, so that unsupported Node versions can run it.
 */
"use strict";

const MINIMUM = require("../tool-versions.json").node.minimum;

/** Returns the error message for an unsupported Node version or platform, or undefined. */
function unsupported(version, platform) {
  if (platform === "win32") {
    return "Notejam's scripts do not run on Windows. Run them in WSL 2: https://learn.microsoft.com/windows/wsl/install";
  }
  if (isOlder(version, MINIMUM)) {
    return `Node ${version} is too old: Notejam needs Node ${MINIMUM} or newer. Get it at https://nodejs.org/.`;
  }
  return undefined;
}

function isOlder(version, minimum) {
  const have = version.split(".").map(Number);
  const need = minimum.split(".").map(Number);
  const different = need.findIndex((part, index) => have[index] !== part);
  return different !== -1 && have[different] < need[different];
}

/** Returns one line that says why the scripts cannot run without their packages, or undefined. */
function notInstalled(resolve) {
  try {
    resolve("tsx");
    return undefined;
  } catch {
    return "The packages are not installed. Run: npm ci --include=dev";
  }
}

module.exports = { unsupported, notInstalled };

if (require.main === module) {
  const error = unsupported(process.versions.node, process.platform) || notInstalled(require.resolve);
  if (error !== undefined) {
    console.error(error);
    process.exitCode = 2;
  }
}
