import * as z from "zod";
import { type NamedEnvironment, namesOf } from "./names.js";
import { field, object } from "./schema/field.js";

const githubId = field(
  z.int().positive(),
  "a GitHub id: a whole number above 0",
  "run: gh api repos/<owner>/<repository> --jq '.owner.id, .id'",
);

/** Settings that all environments share, in `environments/organization.ts`. */
export const organizationSchema = z.strictObject({
  /** HCP Terraform or Terraform Enterprise, which runs plans and applies and stores states. */
  terraformCloud: object(
    {
      /** Host, such as `app.terraform.io`. */
      hostname: field(
        z.string().regex(/^(?=.{4,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/),
        "a host name in lower case, without scheme, port or path",
        'write "app.terraform.io", or the host of Terraform Enterprise',
      ),
      /** Organization in HCP Terraform: 3 to 40 letters, digits, hyphens and underscores. */
      organization: field(
        z.string().regex(/^[A-Za-z0-9_-]{3,40}$/),
        "3 to 40 letters, digits, hyphens and underscores: the name of the organization",
        'write it like "example-notes"',
      ),
      /** Project of the workspaces: 3 to 40 letters, digits, spaces, hyphens and underscores. */
      project: field(
        z.string().regex(/^[A-Za-z0-9_-](?:[A-Za-z0-9 _-]{1,38})[A-Za-z0-9_-]$/),
        "3 to 40 letters, digits, spaces, hyphens and underscores: the project of the workspaces",
        'write it like "notejam"',
      ),
      /**
       * Email addresses of organization members who are notified of failed runs, of runs that need confirmation, and of
       * drift.
       *
       * @default none
       */
      notify: field(
        z
          .array(
            field(
              z.email(),
              "the email address of a member of the organization in HCP Terraform",
              'write it like "platform@example.com"',
            ),
          )
          .max(20),
        "up to 20 email addresses of members of the organization in HCP Terraform",
        'write a list such as ["platform@example.com"], or leave it out',
      ).optional(),
    },
    '{ hostname: "app.terraform.io", organization: "example-notes", project: "notejam" }',
  ),
  /** Bootstrap stack: resources of which an AWS account has one. */
  bootstrap: object(
    {
      /** AWS region of the account-wide resources. */
      region: field(z.string(), "a supported AWS region", 'write it like "eu-west-1"'),
    },
    '{ region: "eu-west-1" }',
  ),
  /** GitHub user or organization that owns the repositories; value of the input variable `github_owner`. */
  githubOwner: field(
    z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?$/),
    "1 to 39 letters, digits and hyphens: a GitHub user or organization",
    'write it like "example-notes"',
  ),
  /**
   * Ids in the OIDC tokens of repositories that were created or renamed since July 2026, in addition to names. To read
   * them: `gh api repos/<owner>/<repository> --jq '.owner.id, .id'`.
   *
   * @default none: the tokens have names only
   * @see https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens
   */
  githubIds: object(
    {
      /** Id of the user or organization. */
      owner: githubId,
      /** Id of each repository with workflows that access AWS, by its name. */
      repositories: field(
        z.record(z.string(), githubId),
        "the id of each repository, by its name without the owner",
        "write it like { notejam: 456789 }",
      ),
    },
    "{ owner: 123456, repositories: { notejam: 456789 } }, or leave it out",
  ).optional(),
  /** Prefix of the names of operations repositories; the environment id follows: `operations-k8s-prod`. */
  operationsRepositoryPrefix: field(
    z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/),
    "1 to 60 letters, digits, dots, hyphens and underscores, as GitHub allows in repository names",
    'write it like "operations-k8s"',
  ),
});

/** Settings that all environments share, valid. */
export type Organization = Readonly<z.output<typeof organizationSchema>>;

/** Types the default export of `environments/organization.ts`; the loader validates the values. */
export function defineOrganization(organization: Organization): Organization {
  return organization;
}

/** Returns the GitHub repository, without its owner, of an environment's Flux tree. */
export function operationsRepositoryOf(organization: Organization, environment: NamedEnvironment): string {
  return `${organization.operationsRepositoryPrefix}-${namesOf(environment).environmentId}`;
}
