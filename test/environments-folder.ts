import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

/** The organization and the two environments that tests know by name; a repository may have further ones. */
const FILES = ["organization.ts", "dev.ts", "prod.ts"];

/**
 * Copies dev and prod to where a test may change them.
 *
 * @param folder an existing one inside the repository, so that what the files import finds its packages
 * @param change applied to the text of every file
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
