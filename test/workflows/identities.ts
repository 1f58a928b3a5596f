import { GITHUB_ISSUER } from "../../modules/github/oidc-provider.js";
import type { Synthesized } from "../synthesized-constructs.js";
import { statementsOf } from "../synthesized-constructs.js";
import { takesAnIdentity } from "./rules.js";
import { jobsOf, type WorkflowFile } from "./workflow-file.js";

/** The subjects that the synthesized roles believe, from GitHub, each once. */
export function believedSubjects(stacks: Iterable<Synthesized>): string[] {
  const subjects = [...stacks].flatMap((stack) =>
    stack
      .resources("aws_iam_role")
      .flatMap((role) => statementsOf(role.assume_role_policy))
      .filter(({ Principal }) => JSON.stringify(Principal ?? {}).includes(GITHUB_ISSUER))
      .flatMap(({ Condition }) => Condition?.StringEquals?.[`${GITHUB_ISSUER}:sub`] ?? []),
  );
  return [...new Set(subjects.map(String))].sort();
}

/**
 * The subjects that GitHub writes into the tokens of the workflows' jobs, each once.
 *
 * @param repository owner and name, as they stand in a subject
 * @see https://docs.github.com/en/actions/reference/security/oidc
 */
export function claimedSubjects(files: readonly WorkflowFile[], repository: string): string[] {
  const subjects = files
    .flatMap(jobsOf)
    .filter(({ job }) => takesAnIdentity(job))
    .map(
      ({ job }) =>
        `repo:${repository}:${job.environment ? `environment:${job.environment}` : "ref or event"}`,
    );
  return [...new Set(subjects)].sort();
}
