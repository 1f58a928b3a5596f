import { homedir, tmpdir } from "node:os";

/** Returns the user's home folder, or the folder for temporary files if the user has none (a container's user id). */
export function homeFolder(): string {
  try {
    return homedir();
  } catch {
    return tmpdir();
  }
}
