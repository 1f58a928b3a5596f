import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));

/** A folder of the package: next to `src` in the repository and next to the bundle in the image. */
function packageFolder(name: string): string {
  const adjacent = path.join(here, name);
  return existsSync(adjacent) ? adjacent : path.join(here, "..", name);
}

/** Folder of the SQL migrations. */
export const MIGRATIONS_FOLDER = packageFolder("migrations");
/** Folder of the style sheet and icon. */
export const PUBLIC_FOLDER = packageFolder("public");
