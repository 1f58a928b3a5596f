import "./disable-source-maps.js";
import { reportUserError } from "./cli/report-user-error.js";
import { synthesizeStacks } from "./synthesize.js";

await synthesizeStacks().catch((error: unknown) => {
  process.exitCode = reportUserError(error, { isSynth: true });
});
