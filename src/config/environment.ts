import * as z from "zod";
import { MANAGED_RULE_GROUPS } from "../notejam/managed-rule-groups.js";
import { isIpv4Network } from "./networks.js";
import { DEFAULT_REGION } from "./regions.js";
import {
  clusterEndpointSchema,
  kubernetesVersionSchema,
  nodeGroupsSchema,
  principalsSchema,
} from "./schema/cluster.js";
import { backupsSchema, databaseSchema } from "./schema/database.js";
import { field, flag, object, uniqueList, wholeNumber } from "./schema/field.js";
import { applicationSchema, eventsSchema, loadSchema } from "./schema/workload.js";

/** Retentions of CloudWatch Logs, in days. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const LOG_RETENTIONS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

const HOST_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const DOMAIN = new RegExp(`^(?=.{4,253}$)(?:${HOST_LABEL}\\.)+[a-z][a-z0-9-]*[a-z0-9]$`);
const EMAIL = /^[^\s@<>",;]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/;

const email = field(
  z.string().regex(EMAIL),
  "an email address",
  'write one address per entry, such as "platform@example.com"',
);

function emails(min: number, what: string) {
  return field(
    z.array(email).min(min).max(10),
    `${min} to 10 email addresses: ${what}`,
    'write a list such as ["platform@example.com"], preferably the address of a team',
  );
}

/** Requests per IP address in five minutes. https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-high-level-settings.html */
function rateLimit(what: string, hint: string) {
  return wholeNumber(10, 2_000_000_000, `${what} per IP address in five minutes (the limits of WAF)`, hint);
}

/** Fields of an environment with their defaults and the texts of their error messages. */
export const environmentSchema = z.strictObject({
  /** Short name: lower-case letters, digits and single hyphens, such as `dev` or `prod`; part of all AWS names. */
  name: field(
    z.string().regex(/^(?!.*--)(?!.*-gitops$)(?!bootstrap$)[a-z][a-z0-9-]*[a-z0-9]$/),
    'a short name of lower-case letters, digits and single hyphens that starts with a letter; "bootstrap" and names ending in "-gitops" are names of other stacks',
    'write it like "dev" or "prod"',
  ),
  /** True for an environment with real users; enables additional checks. */
  production: flag(),
  /** AWS region. @default "eu-west-1" */
  region: field(
    z.string(),
    "an AWS region with EKS, Aurora PostgreSQL, WAF and at least three availability zones",
    "choose one of the regions in src/config/regions.ts",
  ).default(DEFAULT_REGION),
  /** Region of the replicas (keys, backups, images, secrets) in the same partition, and of the standby. */
  drRegion: field(
    z.string(),
    "an AWS region for the standby (EKS, Aurora PostgreSQL, WAF, three availability zones)",
    "choose one of the regions in src/config/regions.ts, in the same partition as region",
  ),
  /** IPv4 network of the VPC: private, /16 to /20, no overlap with other environments. @default "192.168.0.0/16" */
  vpcCidr: field(
    z.string().refine((cidr) => isIpv4Network(cidr, 16, 20)),
    "an IPv4 network from /16 (the AWS maximum) to /20 (the minimum for the pods in three zones), no host bits set",
    'write it like "192.168.0.0/16"',
  ).default("192.168.0.0/16"),
  /** IPv4 network of the Kubernetes services: private, /12 to /24, outside the VPC; cannot be changed later. @default "172.20.0.0/16" */
  serviceCidr: field(
    z.string().refine((cidr) => isIpv4Network(cidr, 12, 24)),
    "an IPv4 network from /12 to /24 (the EKS limits), no host bits set",
    'write it like "172.20.0.0/16"',
  ).default("172.20.0.0/16"),
  /** NAT gateways: one per zone, which survives the loss of a zone, or a single cheaper one. @default "per-zone" */
  natGateways: field(
    z.enum(["per-zone", "single"]),
    '"per-zone" or "single"',
    'write "per-zone" (survives the loss of a zone) or "single" (cheaper, not for production)',
  ).default("per-zone"),
  /** True: interface endpoints keep traffic to AWS APIs in the VPC, at a cost per zone and hour. @default false */
  interfaceEndpoints: flag().default(false),
  /** Existing public Route 53 hosted zone of the host name, such as `example.com`. */
  hostedZone: field(
    z.string().regex(DOMAIN),
    "the domain name of a public Route 53 hosted zone, in lower case, without a final dot",
    'write it like "example.com"',
  ),
  /** Host name of Notejam in the hosted zone, such as `notejam.example.com`. */
  hostName: field(
    z.string().regex(DOMAIN),
    "a host name in lower case, without scheme, path or final dot",
    'write it like "notejam.example.com"',
  ),
  /** Access to the Kubernetes API. */
  clusterEndpoint: clusterEndpointSchema,
  /** IAM roles or users, by name or ARN, that administer the cluster. @default [] */
  clusterAdmins: principalsSchema.default([]),
  /** IAM roles or users, by name or ARN, that can read everything in the cluster except secrets. @default [] */
  clusterViewers: principalsSchema.default([]),
  /** Kubernetes minor version in EKS standard support, as a string. @default "1.35" */
  kubernetesVersion: kubernetesVersionSchema,
  /** Node groups of the cluster, each spread over three zones. */
  nodeGroups: nodeGroupsSchema,
  /** Size of the application. */
  application: applicationSchema,
  /** Traffic that the environment is designed for; `npm run capacity` computes the resources for it. */
  load: loadSchema,
  /** Announced events for which nodes and pods are started in advance. @default [] */
  events: eventsSchema,
  /** Aurora PostgreSQL cluster. */
  database: databaseSchema,
  /** Logical backups of the database. */
  backups: backupsSchema,
  /** Retention of logs in days: one of the values of CloudWatch. @default 90 */
  logRetentionDays: field(
    z.literal([...LOG_RETENTIONS]),
    `one of the retentions of CloudWatch Logs, in days: ${LOG_RETENTIONS.join(", ")}`,
    "write 90, or 365 for a year",
  ).default(90),
  /** Waiting period in days before a deleted key or secret is gone, 7 to 30. @default 30 */
  keyDeletionWindowDays: wholeNumber(
    7,
    30,
    "days in which the deletion of a key or secret can be cancelled (the KMS limits)",
    "write 30, or 7 for a short-lived environment",
  ).default(30),
  /** Monthly budget and its alerts. */
  budget: object(
    {
      /** US dollars per month, above 0. */
      monthlyUsd: field(
        z.number().positive().max(10_000_000),
        "US dollars per month, above 0",
        "write a number such as 500",
      ),
      /** Recipients of budget alerts, 1 to 10. */
      emails: emails(1, "recipients of budget alerts (10 is the AWS Budgets limit)"),
    },
    '{ monthlyUsd: 500, emails: ["platform@example.com"] }',
    "required, without a default: an object",
  ),
  /** Recipients of alarms, at most 10; at least one in production. */
  alarmEmails: emails(0, "recipients of alarms"),
  /** Repositories of the GitHub owner that can push images, without the owner. @default ["notejam"] */
  githubRepositories: field(
    uniqueList(z.string().regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/)).min(1),
    "at least one GitHub repository by its name without the owner, no duplicates",
    'write a list such as ["notejam"]; the owner is githubOwner in organization.ts',
  ).default(["notejam"]),
  /** Limits of the web application firewall. */
  waf: object(
    {
      /** Requests per IP address in five minutes before it is blocked, 10 to 2,000,000,000. @default 2000 */
      floodLimit: rateLimit("requests", "write 2000").default(2000),
      /** Requests to the sign-in pages per IP address in five minutes; below the flood limit. @default 100 */
      signInLimit: rateLimit("requests to the sign-in pages", "write 100").default(100),
      /** AWS managed rule groups in count mode, such as `AWSManagedRulesSQLiRuleSet`. @default [] */
      countOnly: field(
        uniqueList(z.enum(MANAGED_RULE_GROUPS)),
        `a list of the AWS managed rule groups of the web ACL (${MANAGED_RULE_GROUPS.join(", ")}), no duplicates`,
        'write a list such as ["AWSManagedRulesSQLiRuleSet"]',
      ).default([]),
    },
    "{ floodLimit: 5000 }; fields that are left out keep their defaults",
  ).prefault({}),
  /** Additional tags of all resources; `Environment` and `ManagedBy` are set by the code. @default { Owner: "DevOps", Project: "NoteJam" } */
  tags: field(
    // https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
    z.record(
      z.string().regex(/^(?!aws:)[\w\s.:/=+@-]{1,128}$/i),
      field(
        z.string().regex(/^[\w\s.:/=+@-]{1,256}$/),
        "1 to 256 letters, digits, spaces and . : / = + @ _ -",
        'write it like "DevOps"',
      ),
    ),
    "tag names of 1 to 128 letters, digits, spaces and . : / = + @ _ - that do not start with aws:",
    'write it like { CostCenter: "notes" }',
  ).default({}),
  /** Environment id whose images are released in this environment, such as `dev`. @default none */
  promotesFrom: field(
    z.string().regex(/^[a-z][a-z0-9-]*[a-z0-9]$/),
    "the id of another environment: the name of its file without .ts",
    'write it like "dev", or leave it out',
  ).optional(),
  /** Set by `createStandby`: the primary that this standby replaces. @default none */
  standbyOf: object(
    {
      /** Region of the primary. */
      region: field(z.string(), "the region of the primary", "use createStandby(), which sets it"),
    },
    '{ region: "eu-west-1" }, which createStandby() sets',
  ).optional(),
});

/** An environment, complete and valid. */
export type Environment = DeepReadonly<z.output<typeof environmentSchema>>;

/** Content of an environment file: required fields, and other fields that differ from their defaults. */
export type EnvironmentInput = DeepReadonly<z.input<typeof environmentSchema>>;

/** Fields in which a standby differs from its primary. */
export type StandbyChanges = Pick<EnvironmentInput, "drRegion"> &
  Partial<Omit<EnvironmentInput, "name" | "standbyOf">>;

/** Types the default export of an environment file; the loader validates the values. */
export function defineEnvironment(input: EnvironmentInput): EnvironmentInput {
  return input;
}

/**
 * Creates the standby of an environment: a complete copy in another region, created from the replicas of the primary. It
 * has the same name and host name; its environment id, also the name of its file, is `<name>-<region>`.
 *
 * @param primary default export of the primary's file
 * @param region region of the standby, preferably the `drRegion` of the primary, where the replicas are
 * @param changes the DR region of the standby, and other differences such as `vpcCidr`
 */
export function createStandby(
  primary: EnvironmentInput,
  region: string,
  changes: StandbyChanges,
): EnvironmentInput {
  return { ...primary, ...changes, region, standbyOf: { region: primary.region ?? DEFAULT_REGION } };
}

type DeepReadonly<T> = T extends object ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> } : T;
