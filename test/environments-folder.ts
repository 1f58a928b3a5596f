import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

/** Files of the organization and of the two environments that tests refer to by name. */
const FILES = ["organization.ts", "dev.ts", "prod.ts"];

/**
 * Copies dev and prod to a folder, so that a test can change them.
 *
 * @param folder existing folder inside the repository, so that imports of packages work
 * @param change function that changes the text of each file
 */
export async function copyDevAndProd(
  folder: string,
  change: (text: string) => string = (text) => text,
): Promise<void> {
  for (const name of FILES) {
    const text = await readFile(join("environments", name), "utf8");
    await writeFile(join(folder, name), change(text.replaceAll('"../src/', `"${resolve("src")}/`)));
  }
}
