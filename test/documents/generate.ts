import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DECISION_INDEX, DECISIONS_FOLDER, decisionIndex, readDecisions } from "./decision-index.js";
import { END_TO_END_REPORT, updateReport } from "./end-to-end-tests.js";

writeFileSync(join(DECISIONS_FOLDER, DECISION_INDEX), decisionIndex(readDecisions()));
writeFileSync(END_TO_END_REPORT, await updateReport(readFileSync(END_TO_END_REPORT, "utf8")));
