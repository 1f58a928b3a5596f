import * as z from "zod";
import { MANAGED_RULE_GROUPS } from "../../modules/waf/managed-rule-groups.js";
import type { DEFAULTS, RequiredField } from "./defaults.js";
import { field } from "./guidance.js";
import { isLocalTime, isTimeZone } from "./local-time.js";
import { isIpv4Network, isNetwork } from "./networks.js";
import { DEFAULT_REGION } from "./regions.js";

/** Retentions that CloudWatch Logs offers, in days. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const LOG_RETENTIONS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

/** Three years: how long the business may ask for a note back. */
const LEAST_DUMP_RETENTION_DAYS = 1095;

/** EKS's default quota of nodes per managed node group. https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html */
const MOST_NODES = 450;

const HOST_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const DOMAIN = new RegExp(`^(?=.{4,253}$)(?:${HOST_LABEL}\\.)+[a-z][a-z0-9-]*[a-z0-9]$`);
const EMAIL = /^[^\s@<>",;]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/;
const IAM_PRINCIPAL = /^(arn:aws[a-z-]*:iam::\d{12}:(role|user)\/)?[\w+=,.@/-]{1,128}$/;
const INSTANCE_TYPE = /^[a-z][a-z0-9-]*\.(\d*(nano|micro|small|medium|large|xlarge)|metal(-\d+xl)?)$/;
const DATABASE_CLASS = /^db\.(t3\.(medium|large)|t4g\.(medium|large)|(r\d[a-z]*|x2[a-z]+)\.\d*x?large)$/;

const email = field(
  z.string().regex(EMAIL),
  "an e-mail address",
  'write one address per entry, such as "platform@example.com"',
);

function emails(what: string) {
  return field(
    z.array(email).max(10),
    `up to 10 e-mail addresses that ${what} (AWS Budgets takes no more)`,
    'write a list such as ["platform@example.com"], best a team\'s address',
  );
}

function uniqueList<T extends z.ZodType>(entry: T) {
  return z.array(entry).refine((values) => new Set(values).size === values.length);
}

function nodes(what: string, least: number) {
  return field(
    z.int().min(least).max(MOST_NODES),
    `a whole number of nodes from ${least} to ${MOST_NODES} (EKS's quota per group): ${what}`,
    `write a number from ${least} to ${MOST_NODES}`,
  );
}

function nodeGroup(leastNodes: number) {
  return field(
    z.strictObject({
      /** EC2 instance types, the first preferred; x86_64 only, for the node image and the application's image are. */
      instanceTypes: field(
        uniqueList(z.string().regex(INSTANCE_TYPE)).min(1),
        "at least one EC2 instance type, none twice",
        'write a list such as ["t3.large"]',
      ),
      /** Fewest nodes, in nodes. */
      min: nodes("the fewest the autoscaler leaves", leastNodes),
      /** Nodes at creation; the autoscaler owns the number from then on. */
      desired: nodes("the number at creation", leastNodes),
      /** Most nodes, in nodes. */
      max: nodes("the most the autoscaler starts", 1),
      /** Size of a node's encrypted gp3 volume, in GiB, 20 to 16,384. */
      diskGib: field(
        z.int().min(20).max(16_384),
        "a whole number of GiB from 20 (the node image and a few container images) to 16384 (EBS's limit)",
        "write 50 unless images fill it",
      ),
    }),
    "an object { instanceTypes, min, desired, max, diskGib }",
    'state what differs from the default, such as { instanceTypes: ["t3.large"], max: 6 }',
  );
}

const iamPrincipal = field(
  z.string().regex(IAM_PRINCIPAL),
  "the name (with its path, if it has one) or the ARN of an IAM role or user",
  'write a name such as "platform-admins" or the whole ARN; wildcards and account roots are not accepted',
);

const network = field(
  z.string().refine(isNetwork),
  "a network in CIDR notation with no host bits set",
  'write it like "198.51.100.0/24"; one address is "198.51.100.7/32"',
);

const localTime = field(
  z.string().refine(isLocalTime),
  "an existing local date and time as YYYY-MM-DDTHH:MM, without seconds and without zone",
  'write it like "2027-11-26T08:00" and name the zone in timeZone',
);

const timeZone = field(
  z.string().refine(isTimeZone),
  "an IANA time zone",
  'write a name such as "Europe/Dublin" or "UTC", no offset',
);

const event = field(
  z.strictObject({
    /** Name of the event, unique in the environment: lower-case letters, digits, hyphens, at most 40. */
    name: field(
      z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/),
      "1 to 40 lower-case letters, digits and hyphens: the scheduled actions are named after it",
      'write it like "spring-sale"',
    ),
    /** When more nodes must be ready, local time `YYYY-MM-DDTHH:MM`. */
    start: localTime,
    /** When they may go again, local time `YYYY-MM-DDTHH:MM`, after the start. */
    end: localTime,
    /** IANA time zone of start and end, such as `Europe/Dublin`. */
    timeZone,
    /** Nodes of the group `apps` that stand from start to end, in nodes; not above the group's `max`. */
    nodes: nodes("what stands while the event lasts", 1),
    /** Pods below which the autoscaler does not go from start to end; not above `application.replicas.max`. @default `load.eventFactor` times `application.replicas.min`, up to `max` */
    pods: field(
      z.int().min(2).max(1000).optional(),
      "a whole number of pods from 2 to 1000: the autoscaler's floor while the event lasts",
      "write a number between application.replicas.min and max, or leave the field out for load.eventFactor times the usual floor",
    ),
  }),
  "an object { name, start, end, timeZone, nodes, pods }",
  'write it like { name: "spring-sale", start: "2027-03-20T08:00", end: "2027-03-20T22:00", timeZone: "Europe/Dublin", nodes: 12, pods: 20 }',
);

/** What an environment may say, field by field, with the words of each field's error message. */
export const environmentSchema = z.strictObject({
  /** Short name, lower-case letters, digits and single hyphens, such as `dev` or `prod`; part of every AWS name. */
  name: field(
    z.string().regex(/^(?!.*--)(?!.*-gitops$)(?!bootstrap$)[a-z][a-z0-9-]*[a-z0-9]$/),
    'a short name of lower-case letters, digits and single hyphens that starts with a letter; "bootstrap" and names ending in "-gitops" are stacks of their own',
    'write it like "dev" or "prod"',
  ),
  /** Whether people depend on it. Guards of production are demanded where this is true. */
  production: field(
    z.boolean(),
    "true or false: whether people depend on this environment",
    "write true or false",
  ),
  /** AWS region in which it stands. @default "eu-west-1" */
  region: field(
    z.string(),
    "an AWS region with EKS, Aurora PostgreSQL, WAF and at least three availability zones",
    "choose one of those in src/config/regions.ts",
  ),
  /** Region of the replicas (keys, dumps, images, secrets): same partition, not the environment's own. */
  drRegion: field(
    z.string(),
    "an AWS region in which a recovery copy could stand (EKS, Aurora PostgreSQL, WAF, three availability zones)",
    "choose one of those in src/config/regions.ts, of the same partition as region",
  ),
  /** IPv4 network of the VPC, private, /16 to /20, disjoint from every other environment's. @default "192.168.0.0/16" */
  vpcCidr: field(
    z.string().refine((cidr) => isIpv4Network(cidr, 16, 20)),
    "an IPv4 network from /16 (AWS's largest) to /20 (the least that gives three zones room for pods), no host bits set",
    'write it like "192.168.0.0/16"',
  ),
  /** IPv4 network of the cluster's services, private, /12 to /24, disjoint from the VPC; it can never change. @default "172.20.0.0/16" */
  serviceCidr: field(
    z.string().refine((cidr) => isIpv4Network(cidr, 12, 24)),
    "an IPv4 network from /12 to /24 (EKS's limits), no host bits set",
    'write it like "172.20.0.0/16"',
  ),
  /** NAT gateways: one per zone, so that a lost zone takes no other with it, or a single cheaper one. @default "per-zone" */
  natGateways: field(
    z.enum(["per-zone", "single"]),
    '"per-zone" or "single"',
    'write "per-zone" (survives the loss of a zone) or "single" (cheaper, not for production)',
  ),
  /** Whether AWS's interface endpoints keep traffic to its APIs inside the VPC, at a price per zone and hour. @default false */
  interfaceEndpoints: field(
    z.boolean(),
    "true or false: whether the VPC has interface endpoints",
    "write true or false",
  ),
  /** Public Route 53 zone that exists already and holds the host name, such as `example.com`. */
  hostedZone: field(
    z.string().regex(DOMAIN),
    "the domain name of a public Route 53 zone, in lower case, without a final dot",
    'write it like "example.com"',
  ),
  /** Host name under which people reach Notejam, in the hosted zone, such as `notejam.example.com`. */
  hostName: field(
    z.string().regex(DOMAIN),
    "a host name in lower case, without scheme, path or final dot",
    'write it like "notejam.example.com"',
  ),
  /** Who may reach the Kubernetes API. */
  clusterEndpoint: field(
    z.strictObject({
      /** Networks that reach the public endpoint, in CIDR notation, at most 40; an empty list leaves only the private endpoint. */
      publicAccessCidrs: field(
        // https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html
        uniqueList(network).max(40),
        "up to 40 networks (EKS's quota) that may reach the cluster's public endpoint, none twice",
        "write [] for a private endpoint only, or your offices' and runners' egress, such as [\"198.51.100.0/24\"]",
      ),
      /** Why the endpoint is open to every address, in at least 20 characters; only with `0.0.0.0/0` or `::/0` in the list. */
      openToTheWorldBecause: field(
        z.string().trim().min(20).optional(),
        "a reason of at least 20 characters",
        "say in a sentence why every address on the internet must reach the Kubernetes API",
      ),
    }),
    "an object { publicAccessCidrs }: who reaches the Kubernetes API is never left to a default",
    "write { publicAccessCidrs: [] } for a private endpoint only",
  ),
  /** IAM role or user names or ARNs that administer the cluster; account ids appear nowhere else. @default [] */
  clusterAdmins: field(
    uniqueList(iamPrincipal),
    "a list of IAM roles or users, by name or ARN, none twice",
    'write a list such as ["platform-admins"]',
  ),
  /** IAM role or user names or ARNs that may look at everything in the cluster but secrets. @default [] */
  clusterViewers: field(
    uniqueList(iamPrincipal),
    "a list of IAM roles or users, by name or ARN, none twice",
    'write a list such as ["developers"]',
  ),
  /** Kubernetes minor version in EKS standard support, as text. @default "1.35" */
  kubernetesVersion: field(
    z.string().regex(/^1\.\d{2}$/),
    "a Kubernetes minor version, as text",
    'write it in quotes, such as "1.35"',
  ),
  /** The cluster's three groups of nodes, each spread over three zones. */
  nodeGroups: field(
    z.strictObject({
      /** Nodes of the application. @default t3.large, 1 to 3 nodes, 50 GiB */
      apps: nodeGroup(1),
      /** Nodes of Prometheus, Grafana and Loki. @default t3.large, 1 to 3 nodes, 50 GiB */
      monitoring: nodeGroup(0),
      /** Nodes of everything that runs the cluster itself. @default t3.large, 1 to 3 nodes, 50 GiB */
      operations: nodeGroup(1),
    }),
    "an object { apps, monitoring, operations }",
    "state what differs from the defaults, such as { apps: { max: 6 } }",
  ),
  /** Size of the application in the cluster. */
  application: field(
    z.strictObject({
      /** Pods between which the autoscaler moves, in pods. @default { min: 2, max: 8 } */
      replicas: field(
        z.strictObject({
          /** Fewest pods, 2 to 1000: one pod would make every deployment an outage. */
          min: field(z.int().min(2).max(1000), "a whole number of pods from 2 to 1000", "write 2 or more"),
          /** Most pods, 2 to 1000. */
          max: field(z.int().min(2).max(1000), "a whole number of pods from 2 to 1000", "write 2 or more"),
        }),
        "an object { min, max } in pods",
        "write it like { min: 2, max: 8 }",
      ),
      /** IANA time zone in which the application shows times. @default "UTC" */
      timeZone,
    }),
    "an object { replicas, timeZone }",
    'write it like { replicas: { min: 2, max: 8 }, timeZone: "Europe/Dublin" }',
  ),
  /** The traffic that the environment is built for; `npm run capacity` says what it takes. */
  load: field(
    z.strictObject({
      /** Requests per second in the busiest hour of a usual day, at the load balancer, above 0. @default 50 */
      usualRequestsPerSecond: field(
        z.number().positive().max(1_000_000),
        "requests per second in the busiest hour of a usual day, above 0",
        "write what the load balancer counts, or 50 as long as nobody knows",
      ),
      /** How many times the usual a big event brings, 1 to 100; at least 4 in production. @default 4 */
      eventFactor: field(
        z.number().min(1).max(100),
        "how many times the usual traffic a big event brings, 1 to 100",
        "write 4",
      ),
    }),
    "an object { usualRequestsPerSecond, eventFactor }",
    "write it like { usualRequestsPerSecond: 600, eventFactor: 4 }",
  ),
  /** Announced events for which nodes and pods are started beforehand. @default [] */
  events: field(z.array(event), "a list of events", "write [] when none is announced"),
  /** The Aurora PostgreSQL cluster: a writer and readers in other zones. */
  database: field(
    z.strictObject({
      /** Aurora PostgreSQL version `17.<minor>`. @default "17.9" */
      engineVersion: field(
        z.string().regex(/^17\.\d{1,2}$/),
        "a version of Aurora PostgreSQL 17, as text (the parameter groups are of the family aurora-postgresql17)",
        'write it in quotes, such as "17.9"',
      ),
      /** Instance class of writer and readers that Aurora PostgreSQL offers. @default "db.t3.medium" */
      instanceClass: field(
        z.string().regex(DATABASE_CLASS),
        "an instance class of Aurora PostgreSQL: db.t3 or db.t4g (medium, large), db.r… or db.x2…",
        'write it like "db.t3.medium" or "db.r6g.large"',
      ),
      /** Readers between which Aurora scales, in instances, 1 to 15; at least one, in another zone, to take over. @default { min: 1, max: 2 } */
      readers: field(
        z.strictObject({
          min: field(
            z.int().min(1).max(15),
            "1 to 15 readers: one at least takes over when the writer's zone fails",
            "write 1 or more",
          ),
          max: field(
            z.int().min(1).max(15),
            "1 to 15 readers (Aurora's limit)",
            "write a number from 1 to 15",
          ),
        }),
        "an object { min, max } in reader instances",
        "write it like { min: 1, max: 3 }",
      ),
      /** Days for which any second can be restored, 7 to 35. @default 35 */
      backupRetentionDays: field(
        z.int().min(7).max(35),
        "a whole number of days from 7 to 35 (Aurora's limit) for which any second can be restored",
        "write 35",
      ),
      /** Whether AWS refuses to delete the cluster. @default true */
      deletionProtection: field(
        z.boolean(),
        "true or false: whether AWS refuses to delete the database",
        "write true or false",
      ),
      /** Whether a deleted cluster leaves a snapshot. @default true */
      finalSnapshot: field(
        z.boolean(),
        "true or false: whether a deleted database leaves a snapshot",
        "write true or false",
      ),
    }),
    "an object { engineVersion, instanceClass, readers, backupRetentionDays, deletionProtection, finalSnapshot }",
    'state what differs from the defaults, such as { instanceClass: "db.r6g.large" }',
  ),
  /** The database's dumps. */
  backups: field(
    z.strictObject({
      /** Days for which every dump is kept, 1,095 (three years) to 36,500. @default 1095 */
      retentionDays: field(
        z.int().min(LEAST_DUMP_RETENTION_DAYS).max(36_500),
        `a whole number of days from ${LEAST_DUMP_RETENTION_DAYS} to 36500: notes can be asked back for three years`,
        `write ${LEAST_DUMP_RETENTION_DAYS} or more`,
      ),
      /** Who may delete a dump before its time: nobody as long as the bucket's policy stands (GOVERNANCE), or nobody at all (COMPLIANCE). @default "GOVERNANCE" */
      objectLockMode: field(
        z.enum(["GOVERNANCE", "COMPLIANCE"]),
        '"GOVERNANCE" (a special permission can delete early) or "COMPLIANCE" (nobody can, AWS included)',
        'write "GOVERNANCE" or "COMPLIANCE"',
      ),
    }),
    "an object { retentionDays, objectLockMode }",
    'write it like { retentionDays: 1095, objectLockMode: "GOVERNANCE" }',
  ),
  /** Days for which logs are kept: one of CloudWatch's values. @default 90 */
  logRetentionDays: field(
    z.literal([...LOG_RETENTIONS]),
    `one of the retentions that CloudWatch offers, in days: ${LOG_RETENTIONS.join(", ")}`,
    "write 90, or 365 for a year",
  ),
  /** Days between the order to delete a key or a secret and its end, 7 to 30. @default 30 */
  keyDeletionWindowDays: field(
    z.int().min(7).max(30),
    "a whole number of days from 7 to 30 (KMS's limits) in which the deletion of a key or a secret can be called off",
    "write 30, or 7 for an environment that comes and goes",
  ),
  /** What the environment may cost, and who hears when it costs more. */
  budget: field(
    z.strictObject({
      /** Budget in US dollars per month, above 0. */
      monthlyUsd: field(
        z.number().positive().max(10_000_000),
        "US dollars per month, above 0",
        "write a number such as 500",
      ),
      /** Addresses that are told when the budget is or will be passed, 1 to 10. */
      emails: field(
        emails("hear of an exceeded budget").min(1),
        "1 to 10 e-mail addresses (AWS Budgets takes no more)",
        'write a list such as ["platform@example.com"]',
      ),
    }),
    "an object { monthlyUsd, emails }: nobody else knows what this environment may cost",
    'write it like { monthlyUsd: 500, emails: ["platform@example.com"] }',
  ),
  /** Addresses that alarms are sent to, at most 10; at least one in production. */
  alarmEmails: emails("get the alarms"),
  /** Repositories of the GitHub owner that may push images, without the owner. @default ["notejam"] */
  githubRepositories: field(
    uniqueList(z.string().regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/)).min(1),
    "at least one GitHub repository, by its name alone, none twice",
    'write a list such as ["notejam"]; the owner is the workspace variable github_owner',
  ),
  /** The web application firewall's limits. */
  waf: field(
    z.strictObject({
      /** Requests per IP address in five minutes before it is blocked, 10 to 2,000,000,000. @default 2000 */
      floodLimit: field(
        z.int().min(10).max(2_000_000_000),
        "a whole number of requests per address in five minutes, 10 to 2000000000 (WAF's limits)",
        "write 2000",
      ),
      /** Requests to the sign-in pages per IP address in five minutes, from 10, below the flood limit. @default 100 */
      signInLimit: field(
        z.int().min(10).max(2_000_000_000),
        "a whole number of requests to the sign-in pages per address in five minutes, from 10 (WAF's limit)",
        "write 100",
      ),
      /** AWS managed rule groups that only count while they are observed, such as `AWSManagedRulesSQLiRuleSet`. @default [] */
      countOnly: field(
        uniqueList(z.enum(MANAGED_RULE_GROUPS)),
        `a list of the AWS managed rule groups in use (${MANAGED_RULE_GROUPS.join(", ")}), none twice`,
        'write a list such as ["AWSManagedRulesSQLiRuleSet"]',
      ),
    }),
    "an object { floodLimit, signInLimit, countOnly }",
    "state what differs from the defaults, such as { floodLimit: 5000 }",
  ),
  /** Tags of every resource, beside Environment and ManagedBy, which the code sets. @default { Owner: "DevOps", Project: "NoteJam" } */
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
    "tag names of 1 to 128 letters, digits, spaces and . : / = + @ _ - that do not start with aws:, each with a text",
    'write it like { CostCenter: "notes" }',
  ),
  /** Instance whose builds are released here by copying them, such as `dev`; its images can be read from here. @default none */
  promotesFrom: field(
    z
      .string()
      .regex(/^[a-z][a-z0-9-]*[a-z0-9]$/)
      .optional(),
    "the instance of another environment: the name of its file without .ts",
    'write it like "dev", or leave it out where nothing is promoted',
  ),
  /** Set by `recoverIn`: the region of the copy that this one replaces. @default none */
  recoveryOf: field(
    z
      .strictObject({
        /** Region of the first copy. */
        region: field(z.string(), "the region of the copy that is replaced", "let recoverIn() write it"),
      })
      .optional(),
    "an object { region }: the copy that this one replaces",
    "let recoverIn() write it",
  ),
});

/** One environment, complete and valid. */
export type Environment = DeepReadonly<z.output<typeof environmentSchema>>;

/** What an environment file says: the required fields, and of the others what differs from the defaults. */
export type EnvironmentInput = Pick<Environment, RequiredField> &
  DeepPartial<typeof DEFAULTS> &
  Pick<Environment, "promotesFrom" | "recoveryOf">;

/** What a recovery copy may have of its own. */
export type RecoveryChanges = Pick<EnvironmentInput, "drRegion"> &
  Partial<Omit<EnvironmentInput, "name" | "recoveryOf">>;

/** An environment file's default export; it gives the editor the types, the loader checks the values. */
export function defineEnvironment(input: EnvironmentInput): EnvironmentInput {
  return input;
}

/**
 * A second, complete copy of an environment in another region, beside the first or in its stead, raised from
 * its replicas. It keeps the name and the host name; its instance is `<name>-<region>`, and so is its file.
 *
 * @param environment the default export of the first copy's file
 * @param region where the copy is raised: best the first one's `drRegion`, where the replicas are
 * @param changes the copy's own DR region, and what else differs, such as `vpcCidr`
 */
export function recoverIn(
  environment: EnvironmentInput,
  region: string,
  changes: RecoveryChanges,
): EnvironmentInput {
  const from = environment.region ?? DEFAULT_REGION;
  return { ...environment, ...changes, region, recoveryOf: { region: from } };
}

type DeepReadonly<T> = T extends object ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> } : T;

type DeepPartial<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [Key in keyof T]?: DeepPartial<T[Key]> }
    : T;
