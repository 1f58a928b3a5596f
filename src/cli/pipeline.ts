import { processSession } from "../pipeline/pipeline-context.js";
import { runProgram } from "../pipeline/program.js";

process.exitCode = await runProgram(process.argv.slice(2), processSession());
