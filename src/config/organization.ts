import * as z from "zod";
import { field } from "./guidance.js";
import { type NamedEnvironment, namesOf } from "./names.js";
import type { Finding } from "./problem.js";
import { partitionOf, REGIONS } from "./regions.js";
import { closest } from "./spelling.js";

const githubId = field(
  z.int().positive(),
  "a number that GitHub gave",
  "ask for it: gh api repos/<owner>/<repository> --jq '.owner.id, .id'",
);

/** What all environments share, stated once in `environments/organization.ts`. */
export const organizationSchema = z.strictObject({
  /** Where plans and applies run and states are kept. */
  terraformCloud: field(
    z.strictObject({
      /** Host of Terraform Cloud or Terraform Enterprise, such as `app.terraform.io`. */
      hostname: field(
        z.string().regex(/^(?=.{4,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/),
        "a host name in lower case, without scheme, port or path",
        'write "app.terraform.io", or your Terraform Enterprise host',
      ),
      /** Organization in Terraform Cloud: 3 to 40 letters, digits, hyphens and underscores. */
      organization: field(
        z.string().regex(/^[A-Za-z0-9_-]{3,40}$/),
        "3 to 40 letters, digits, hyphens and underscores: the organization's name in Terraform Cloud",
        'write it like "example-notes"',
      ),
      /** Project that holds the workspaces: 3 to 40 letters, digits, spaces, hyphens and underscores. */
      project: field(
        z.string().regex(/^[A-Za-z0-9_-](?:[A-Za-z0-9 _-]{1,38})[A-Za-z0-9_-]$/),
        "3 to 40 letters, digits, spaces, hyphens and underscores: the project that holds the workspaces",
        'write it like "notejam"',
      ),
      /**
       * Members of the organization in Terraform Cloud, by e-mail address, who hear of failed runs, of runs that wait for
       * them, and of changes behind Terraform's back.
       *
       * @default nobody
       */
      notify: z
        .array(
          field(
            z.email(),
            "the e-mail address of a member of the organization in Terraform Cloud",
            'write it like "platform@example.com"',
          ),
        )
        .max(20)
        .optional(),
    }),
    "an object { hostname, organization, project }",
    'write it like { hostname: "app.terraform.io", organization: "example-notes", project: "notejam" }',
  ),
  /** What an AWS account has once. */
  bootstrap: field(
    z.strictObject({
      /** AWS region of the account-wide things that have one. */
      region: field(z.string(), "an AWS region that is supported", 'write it like "eu-west-1"'),
    }),
    "an object { region }",
    'write it like { region: "eu-west-1" }',
  ),
  /** GitHub user or organization that owns the repositories: the value of the input `github_owner`. */
  githubOwner: field(
    z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?$/),
    "1 to 39 letters, digits and hyphens: a GitHub user or organization",
    'write it like "example-notes"',
  ),
  /**
   * Numbers by which GitHub's tokens name owner and repositories beside their names, in repositories that were made or
   * renamed since July 2026. Ask for them: `gh api repos/<owner>/<repository> --jq '.owner.id, .id'`.
   *
   * @default none: the tokens hold names alone
   * @see https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens
   */
  githubIds: field(
    z
      .strictObject({
        /** Number of the user or organization. */
        owner: githubId,
        /** Number of each repository whose workflows reach AWS, by its name. */
        repositories: field(
          z.record(z.string(), githubId),
          "the number of each repository, by its name without the owner",
          "write it like { notejam: 456789 }",
        ),
      })
      .optional(),
    "an object { owner, repositories } of GitHub's numbers, where its tokens hold them",
    "write it like { owner: 123456, repositories: { notejam: 456789 } }, or leave it out",
  ),
  /** What the names of the operations repositories start with; the instance follows: `operations-k8s-prod`. */
  operationsRepositoryPrefix: field(
    z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/),
    "1 to 60 letters, digits, dots, hyphens and underscores, as GitHub allows in a repository's name",
    'write it like "operations-k8s"',
  ),
});

/** What all environments share, checked. */
export type Organization = Readonly<z.output<typeof organizationSchema>>;

/** The default export of `environments/organization.ts`; it gives the editor the types, the loader checks the values. */
export function defineOrganization(organization: Organization): Organization {
  return organization;
}

/** The GitHub repository, without its owner, that holds an environment's Flux tree. */
export function operationsRepositoryOf(organization: Organization, environment: NamedEnvironment): string {
  return `${organization.operationsRepositoryPrefix}-${namesOf(environment).instance}`;
}

/** What the schema cannot explain about an organization. */
export function organizationFindings({ bootstrap }: Partial<Organization>): Finding[] {
  if (bootstrap === undefined || partitionOf(bootstrap.region) !== undefined) return [];
  const meant = closest(bootstrap.region, REGIONS);
  return [
    {
      field: "bootstrap.region",
      value: bootstrap.region,
      rule: "an AWS region that Notejam can stand in",
      remedy: `${meant === undefined ? "" : `did you mean "${meant}"? `}choose one of the regions in src/config/regions.ts`,
    },
  ];
}
