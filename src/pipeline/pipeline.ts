import { runProgram } from "./program.js";
import { processSession } from "./session.js";

process.exitCode = await runProgram(process.argv.slice(2), processSession());
