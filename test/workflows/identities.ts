import { GITHUB_ISSUER } from "@notejam/constructs/github/oidc-provider";
import type { WorkflowEnvironment } from "../../src/pipeline/environments.js";
import type { Synthesized } from "../synthesized-constructs.js";
import { statementsOf } from "../synthesized-constructs.js";
import { environmentsOf } from "./matrices.js";
import { requestsOidcToken } from "./rules.js";
import { jobsOf, type WorkflowFile } from "./workflow-file.js";

/** Subjects of GitHub tokens that the synthesized roles trust, without duplicates. */
export function trustedSubjects(stacks: Iterable<Synthesized>): string[] {
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
 * Subjects of the GitHub tokens of the workflows' jobs, without duplicates.
 *
 * @param repository - owner and name, in the format of subjects
 * @param environments environments of the configuration
 * @see https://docs.github.com/en/actions/reference/security/oidc
 */
export function subjectsOf(
  files: readonly WorkflowFile[],
  repository: string,
  environments: readonly WorkflowEnvironment[],
): string[] {
  const subjects = files.flatMap((file) => {
    const jobs = jobsOf(file);
    return jobs
      .filter(({ job }) => requestsOidcToken(job))
      .flatMap(({ job }) => {
        const ids = environmentsOf(job, jobs, environments);
        return ids.length === 0 ? ["ref or event"] : ids.map((id) => `environment:${id}`);
      })
      .map((context) => `repo:${repository}:${context}`);
  });
  return [...new Set(subjects)].sort();
}
