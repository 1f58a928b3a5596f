import { InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { LOCK_FILE } from "../../pipeline/provider-locks.js";

const StackNames = z.array(z.string().regex(/^[a-z0-9][a-z0-9-]{0,89}$/));

/** Returns `--stack <name>`, which is required. */
export function stackOption(): Option {
  return new Option("--stack <name>", "stack, such as notejam-dev").makeOptionMandatory();
}

/** Returns `--locks <file>`. */
export function locksOption(): Option {
  return new Option("--locks <file>", "dependency lock file").default(LOCK_FILE, ".terraform.lock.hcl");
}

/** Returns `--summaries <folder>`, which is required. */
export function summariesOption(): Option {
  return new Option(
    "--summaries <folder>",
    "folder of the summaries, with its subfolders",
  ).makeOptionMandatory();
}

/** Returns `--stacks <json>`. */
export function plannedStacksOption(): Option {
  return stackNamesOption(
    "--stacks <json>",
    "stacks that must have been planned: one without a summary counts as failed",
  );
}

/** Returns an option whose value is a JSON list of stack names. */
export function stackNamesOption(flags: string, description: string): Option {
  return new Option(flags, description).default([], "[]").argParser(stackNames);
}

function stackNames(text: string): string[] {
  try {
    return StackNames.parse(JSON.parse(text));
  } catch {
    throw new InvalidArgumentError('It must be a JSON list of stack names, such as ["notejam-dev"].');
  }
}

/** Help about the token of HCP Terraform. */
export const TERRAFORM_TOKEN_HELP =
  "The token comes from TF_TOKEN_<host> (dots of the host as _, hyphens as __), else from `terraform login`.";

/** Help about the variables for GitHub. */
export const GITHUB_HELP = "Needs GITHUB_TOKEN and GITHUB_REPOSITORY. GITHUB_API_URL sets another API.";
