import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { moduleFolders, PACKAGE_FOLDER, renderReadme } from "./readmes.js";

for (const folder of moduleFolders()) {
  writeFileSync(join(PACKAGE_FOLDER, folder, "README.md"), renderReadme(folder));
}
