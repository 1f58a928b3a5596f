import { describe, expect, it } from "vitest";
import type { Diagnostic } from "../diagnostic.js";
import type { EnvironmentInput } from "./environment.js";
import { createStandby } from "./environment.js";
import { namesOf, namesOfPrimary } from "./names.js";
import { partitionOf, REGIONS, regionsOf } from "./regions.js";
import { validateEnvironment, validateOrganization } from "./validate.js";

const TODAY = new Date("2026-12-10T12:00:00Z");

const DEV: EnvironmentInput = {
  name: "dev",
  production: false,
  drRegion: "eu-central-1",
  hostedZone: "example.com",
  hostName: "notejam-dev.example.com",
  clusterEndpoint: { publicAccessCidrs: [] },
  budget: { monthlyUsd: 500, emails: ["platform@example.com"] },
  alarmEmails: ["platform@example.com"],
};

const PROD: EnvironmentInput = {
  ...DEV,
  name: "prod",
  production: true,
  hostName: "notejam.example.com",
  nodeGroups: { apps: { min: 3, desired: 3, max: 12 }, operations: { min: 2, desired: 2 } },
};

const SALE = {
  name: "sale",
  start: "2027-03-20T08:00",
  end: "2027-03-20T22:00",
  timeZone: "Europe/Dublin",
  nodes: 3,
};

function errorsOf(input: unknown): readonly Diagnostic[] {
  const checked = validateEnvironment(input, TODAY);
  return "diagnostics" in checked ? checked.diagnostics : [];
}

/** An invalid environment: the mistake, the change that makes it, the field, and a pattern of the message. */
type Invalid = readonly [mistake: string, change: object, field: string, words: RegExp];

const INVALID: readonly Invalid[] = [
  ["no name", { name: undefined }, "name", /short name/],
  ["a name that is a number", { name: 7 }, "name", /short name/],
  ["a name in capitals", { name: "Prod" }, "name", /lower-case/],
  ["a name with an underscore", { name: "pre_prod" }, "name", /lower-case/],
  ["a name that ends in a hyphen", { name: "dev-" }, "name", /lower-case/],
  ["the bootstrap stack's name", { name: "bootstrap" }, "name", /names of other stacks/],
  ["a GitOps stack's name", { name: "dev-gitops" }, "name", /names of other stacks/],
  [
    "a name past the load balancer's limit",
    { name: "integration-testing-europe" },
    "name",
    /load balancer: 3\d of 32/,
  ],
  ["a name past the role's limit", { name: "integration-tests" }, "name", /IAM role: 67 of 64/],
  ["a name past the bucket's limit", { name: "integration-testing" }, "name", /bucket: 6\d of 63/],
  [
    "a name too long for a standby only",
    { name: "production", region: "eu-west-1", drRegion: "ap-southeast-1" },
    "name",
    /standby/,
  ],
  ["production as a word", { production: "yes" }, "production", /true or false/],
  ["no word on production", { production: undefined }, "production", /true or false/],
  [
    "an unknown region",
    { region: "eu-wst-1" },
    "region",
    /three availability zones.*did you mean "eu-west-1"/,
  ],
  ["a region with two zones", { region: "us-west-1" }, "region", /only two availability zones/],
  ["a zone for a region", { region: "eu-west-1a" }, "region", /AWS region/],
  ["no DR region", { drRegion: undefined }, "drRegion", /standby/],
  ["an unknown DR region", { drRegion: "atlantis-1" }, "drRegion", /AWS region/],
  ["the DR region is the region", { drRegion: "eu-west-1" }, "drRegion", /another region/],
  ["a DR region of another partition", { drRegion: "us-gov-west-1" }, "drRegion", /across partitions/],
  ["a VPC without prefix", { vpcCidr: "10.20.0.0" }, "vpcCidr", /IPv4 network/],
  ["a VPC that is too small", { vpcCidr: "10.20.0.0/24" }, "vpcCidr", /minimum for the pods/],
  ["a VPC that is too large", { vpcCidr: "10.0.0.0/8" }, "vpcCidr", /AWS maximum/],
  ["a VPC with host bits", { vpcCidr: "10.20.1.0/16" }, "vpcCidr", /host bits/],
  ["a VPC of IPv6", { vpcCidr: "fd00::/16" }, "vpcCidr", /IPv4/],
  ["a VPC with public addresses", { vpcCidr: "8.8.0.0/16" }, "vpcCidr", /private network/],
  ["an octet of 300", { vpcCidr: "10.300.0.0/16" }, "vpcCidr", /IPv4 network/],
  ["services inside the VPC", { vpcCidr: "172.20.0.0/16" }, "serviceCidr", /without overlap with vpcCidr/],
  ["services with public addresses", { serviceCidr: "9.9.0.0/16" }, "serviceCidr", /required by EKS/],
  ["services in the carriers' range", { serviceCidr: "100.64.0.0/16" }, "serviceCidr", /required by EKS/],
  ["a service network that is too small", { serviceCidr: "172.20.0.0/25" }, "serviceCidr", /\/12 to \/24/],
  ["an unknown number of NAT gateways", { natGateways: "two" }, "natGateways", /per-zone/],
  ["endpoints as a list", { interfaceEndpoints: ["ecr"] }, "interfaceEndpoints", /true or false/],
  ["a hosted zone with a final dot", { hostedZone: "example.com." }, "hostedZone", /final dot/],
  ["a URL for a host name", { hostName: "https://notejam.example.com" }, "hostName", /without scheme/],
  ["a host outside its zone", { hostName: "notejam.example.org" }, "hostName", /hosted zone example.com/],
  ["a host whose zone only looks alike", { hostName: "myexample.com" }, "hostName", /hosted zone/],
  [
    "nothing on the cluster's endpoint",
    { clusterEndpoint: undefined },
    "clusterEndpoint",
    /without a default/,
  ],
  [
    "an endpoint without its networks",
    { clusterEndpoint: {} },
    "clusterEndpoint.publicAccessCidrs",
    /networks/,
  ],
  [
    "an open endpoint without a reason",
    { clusterEndpoint: { publicAccessCidrs: ["0.0.0.0/0"] } },
    "clusterEndpoint.publicAccessCidrs",
    /opens the Kubernetes API to the internet/,
  ],
  [
    "an endpoint open over IPv6",
    { clusterEndpoint: { publicAccessCidrs: ["::/0"] } },
    "clusterEndpoint.publicAccessCidrs",
    /opens the Kubernetes API to the internet/,
  ],
  [
    "an open endpoint with half a reason",
    { clusterEndpoint: { publicAccessCidrs: ["0.0.0.0/0"], openToTheWorldBecause: "we must" } },
    "clusterEndpoint.openToTheWorldBecause",
    /at least 20 characters/,
  ],
  [
    "an open endpoint with blanks for a reason",
    { clusterEndpoint: { publicAccessCidrs: ["0.0.0.0/0"], openToTheWorldBecause: " ".repeat(40) } },
    "clusterEndpoint.openToTheWorldBecause",
    /at least 20 characters/,
  ],
  [
    "a reason where nothing is open",
    { clusterEndpoint: { publicAccessCidrs: [], openToTheWorldBecause: "runners have no fixed addresses" } },
    "clusterEndpoint.openToTheWorldBecause",
    /only if/,
  ],
  [
    "a private network at the public endpoint",
    { clusterEndpoint: { publicAccessCidrs: ["198.51.100.0/24", "10.1.0.0/16"] } },
    "clusterEndpoint.publicAccessCidrs[1]",
    /public addresses/,
  ],
  [
    "an address without a prefix",
    { clusterEndpoint: { publicAccessCidrs: ["198.51.100.7"] } },
    "clusterEndpoint.publicAccessCidrs[0]",
    /CIDR.*\/32/,
  ],
  [
    "one network twice",
    { clusterEndpoint: { publicAccessCidrs: ["198.51.100.0/24", "198.51.100.0/24"] } },
    "clusterEndpoint.publicAccessCidrs",
    /different networks/,
  ],
  ["a wildcard as administrator", { clusterAdmins: ["*"] }, "clusterAdmins[0]", /wildcards/],
  ["the account's root", { clusterAdmins: ["arn:aws:iam::111122223333:root"] }, "clusterAdmins[0]", /roots/],
  [
    "a role of another partition",
    { clusterAdmins: ["arn:aws-cn:iam::111122223333:role/admins"] },
    "clusterAdmins[0]",
    /arn:aws:/,
  ],
  [
    "an administrator who is a viewer too",
    { clusterAdmins: ["admins"], clusterViewers: ["developers", "admins"] },
    "clusterViewers[1]",
    /one access entry/,
  ],
  ["a Kubernetes version as a number", { kubernetesVersion: 1.35 }, "kubernetesVersion", /in quotes/],
  ["a Kubernetes patch version", { kubernetesVersion: "1.35.2" }, "kubernetesVersion", /minor version/],
  [
    "an unknown Kubernetes version",
    { kubernetesVersion: "1.99" },
    "kubernetesVersion",
    /end of standard support in/,
  ],
  ["a misspelt node group", { nodeGroups: { app: { max: 3 } } }, "nodeGroups.app", /did you mean "apps"/],
  [
    "no instance type",
    { nodeGroups: { apps: { instanceTypes: [] } } },
    "nodeGroups.apps.instanceTypes",
    /at least one/,
  ],
  [
    "a misspelt instance type",
    { nodeGroups: { apps: { instanceTypes: ["t3large"] } } },
    "nodeGroups.apps.instanceTypes[0]",
    /instance type/,
  ],
  [
    "an arm64 instance type",
    { nodeGroups: { apps: { instanceTypes: ["m7g.large"] } } },
    "nodeGroups.apps.instanceTypes[0]",
    /x86_64/,
  ],
  ["half a node", { nodeGroups: { apps: { max: 2.5 } } }, "nodeGroups.apps.max", /whole number/],
  ["fewest above most", { nodeGroups: { apps: { min: 5 } } }, "nodeGroups.apps", /min ≤ desired ≤ max/],
  [
    "desired above most",
    { nodeGroups: { monitoring: { desired: 9 } } },
    "nodeGroups.monitoring",
    /min ≤ desired ≤ max/,
  ],
  ["more nodes than a group can have", { nodeGroups: { apps: { max: 451 } } }, "nodeGroups.apps.max", /450/],
  ["a disk that holds no image", { nodeGroups: { apps: { diskGib: 8 } } }, "nodeGroups.apps.diskGib", /GiB/],
  ["one pod", { application: { replicas: { min: 1 } } }, "application.replicas.min", /2 to 1000/],
  ["fewest pods above most", { application: { replicas: { min: 9 } } }, "application.replicas", /min ≤ max/],
  ["an unknown time zone", { application: { timeZone: "Mars/Base" } }, "application.timeZone", /IANA/],
  ["an offset for a time zone", { application: { timeZone: "+01:00" } }, "application.timeZone", /no offset/],
  [
    "an event that ends before it starts",
    { events: [{ ...SALE, end: "2027-03-20T07:00" }] },
    "events[0].end",
    /after the start/,
  ],
  [
    "an event on 30 February",
    { events: [{ ...SALE, start: "2027-02-30T08:00" }] },
    "events[0].start",
    /existing/,
  ],
  [
    "an event with an offset",
    { events: [{ ...SALE, start: "2027-03-20T08:00Z" }] },
    "events[0].start",
    /without zone/,
  ],
  [
    "an event at an hour that clocks skip",
    { events: [{ ...SALE, start: "2027-03-28T01:30", end: "2027-03-28T09:00" }] },
    "events[0].start",
    /skips/,
  ],
  [
    "an event past the group's most nodes",
    { events: [{ ...SALE, nodes: 4 }] },
    "events[0].nodes",
    /at most nodeGroups.apps.max \(3\)/,
  ],
  [
    "an event that changes nothing",
    { events: [{ ...SALE, nodes: 1 }] },
    "events[0].nodes",
    /would change nothing/,
  ],
  [
    "minimum replicas of an event above the maximum",
    { events: [{ ...SALE, pods: 9 }] },
    "events[0].pods",
    /at most application.replicas.max \(8\)/,
  ],
  [
    "minimum replicas of an event that change nothing",
    { events: [{ ...SALE, pods: 2 }] },
    "events[0].pods",
    /would change nothing/,
  ],
  ["no load", { load: { usualRequestsPerSecond: 0 } }, "load.usualRequestsPerSecond", /above 0/],
  ["an event smaller than usual", { load: { eventFactor: 0.5 } }, "load.eventFactor", /1 to 100/],
  [
    "two events of one name",
    { events: [SALE, { ...SALE, start: "2027-04-20T08:00", end: "2027-04-20T22:00" }] },
    "events[1].name",
    /unique name/,
  ],
  [
    "two events at one time, told in two zones",
    { events: [SALE, { ...SALE, name: "tour", timeZone: "America/New_York", start: "2027-03-20T17:00" }] },
    "events[1]",
    /without overlap with the event "sale"/,
  ],
  [
    "a database of version 16",
    { database: { engineVersion: "16.13" } },
    "database.engineVersion",
    /PostgreSQL 17/,
  ],
  [
    "an instance class that Aurora lacks",
    { database: { instanceClass: "db.m5.large" } },
    "database.instanceClass",
    /Aurora PostgreSQL/,
  ],
  ["no reader", { database: { readers: { min: 0 } } }, "database.readers.min", /takes over/],
  ["fewest readers above most", { database: { readers: { min: 3 } } }, "database.readers", /min ≤ max/],
  [
    "36 days of point-in-time recovery",
    { database: { backupRetentionDays: 36 } },
    "database.backupRetentionDays",
    /7 to 35/,
  ],
  [
    "dumps for less than three years",
    { backups: { retentionDays: 1094 } },
    "backups.retentionDays",
    /three years/,
  ],
  ["an unknown lock", { backups: { objectLockMode: "LEGAL" } }, "backups.objectLockMode", /GOVERNANCE/],
  [
    "a retention that CloudWatch lacks",
    { logRetentionDays: 100 },
    "logRetentionDays",
    /retentions of CloudWatch Logs/,
  ],
  ["logs for ever", { logRetentionDays: 0 }, "logRetentionDays", /retentions of CloudWatch Logs/],
  ["a key gone in six days", { keyDeletionWindowDays: 6 }, "keyDeletionWindowDays", /7 to 30/],
  ["no budget", { budget: undefined }, "budget", /required, without a default/],
  [
    "a budget of nothing",
    { budget: { monthlyUsd: 0, emails: ["a@example.com"] } },
    "budget.monthlyUsd",
    /above 0/,
  ],
  ["no recipient of budget alerts", { budget: { monthlyUsd: 5, emails: [] } }, "budget.emails", /1 to 10/],
  ["an address without a domain", { alarmEmails: ["platform"] }, "alarmEmails[0]", /email address/],
  [
    "eleven addresses",
    { alarmEmails: Array.from({ length: 11 }, (_, n) => `p${n}@example.com`) },
    "alarmEmails",
    /0 to 10/,
  ],
  [
    "a repository with its owner",
    { githubRepositories: ["example/notejam"] },
    "githubRepositories[0]",
    /name without the owner.*githubOwner/,
  ],
  ["no repository", { githubRepositories: [] }, "githubRepositories", /at least one/],
  ["a flood limit below WAF's", { waf: { floodLimit: 5 } }, "waf.floodLimit", /from 10 to/],
  [
    "sign-in looser than the flood limit",
    { waf: { signInLimit: 2000 } },
    "waf.signInLimit",
    /below waf.floodLimit/,
  ],
  [
    "a rule group that is not AWS's",
    { waf: { countOnly: ["SQLi"] } },
    "waf.countOnly[0]",
    /managed rule groups/,
  ],
  ["a tag that the code sets", { tags: { environment: "blue" } }, "tags.environment", /the code sets/],
  ["a tag of AWS's", { tags: { "aws:cost": "1" } }, "tags.aws:cost", /do not start with aws:/],
  ["an empty tag", { tags: { Owner: "" } }, "tags.Owner", /1 to 256/],
  ["a field in snake case", { vpc_cidr: "10.0.0.0/16" }, "vpc_cidr", /did you mean "vpcCidr"/],
  ["an unknown field", { colour: "blue" }, "colour", /not a known field .*name, production.*remove it/],
  [
    "a standby in the region of its primary",
    { standbyOf: { region: "eu-west-1" } },
    "region",
    /another region/,
  ],
];

const INVALID_IN_PRODUCTION: readonly Invalid[] = [
  ["a single NAT gateway", { natGateways: "single" }, "natGateways", /per zone/],
  [
    "no deletion protection",
    { database: { deletionProtection: false } },
    "database.deletionProtection",
    /wrong plan/,
  ],
  ["no final snapshot", { database: { finalSnapshot: false } }, "database.finalSnapshot", /wrong plan/],
  ["no recipient of alarms", { alarmEmails: [] }, "alarmEmails", /at least one address/],
  ["logs for a month", { logRetentionDays: 30 }, "logRetentionDays", /at least 90 days/],
  [
    "no room for four times the nodes",
    { nodeGroups: { ...PROD.nodeGroups, apps: { min: 3, desired: 3, max: 11 } } },
    "nodeGroups.apps.max",
    /4 × desired.*write 12 or more/,
  ],
  [
    "no room for four times the pods",
    { application: { replicas: { min: 5, max: 19 } } },
    "application.replicas.max",
    /write 20 or more/,
  ],
  ["an event of twice the usual", { load: { eventFactor: 2 } }, "load.eventFactor", /at least 4/],
  [
    "one node for the services of the cluster",
    { nodeGroups: { ...PROD.nodeGroups, operations: { min: 1 } } },
    "nodeGroups.operations.min",
    /loss of a zone/,
  ],
];

function expectError(errors: readonly Diagnostic[], field: string, words: RegExp): void {
  expect(errors.map(({ where }) => where.subject)).toEqual([field]);
  expect(errors.map(({ summary, allowed, hint }) => `${summary} ${allowed} ${hint}`)).toEqual([
    expect.stringMatching(words),
  ]);
}

describe("validateEnvironment", () => {
  it.each(INVALID)("rejects %s, with no other error", (_what, change, field, words) => {
    expectError(errorsOf({ ...DEV, ...change }), field, words);
  });

  it.each(INVALID_IN_PRODUCTION)("rejects %s in production", (_what, change, field, words) => {
    expectError(errorsOf({ ...PROD, ...change }), field, words);
  });

  it.each(INVALID_IN_PRODUCTION.filter(([, change]) => !("nodeGroups" in change)))(
    "accepts %s outside production",
    (_what, change) => {
      expect(errorsOf({ ...DEV, ...change })).toEqual([]);
    },
  );

  it.each([
    ["null", null],
    ["a text", "dev"],
    ["a list", [DEV]],
    ["nothing", undefined],
  ])("asks for an object instead of %s", (_what, input) => {
    expectError(errorsOf(input), "default export", /export default defineEnvironment/);
  });

  it("returns all errors at once, also of rules between fields, each with its value", () => {
    const errors = errorsOf({
      ...DEV,
      name: "Dev!",
      drRegion: "eu-west-1",
      vpcCidr: "172.20.0.0/16",
      hostName: "notejam.example.org",
      kubernetesVersion: "1.30",
      nodeGroups: { apps: { min: "many", diskGib: 1 } },
      waf: { floodLimit: 50 },
      colour: "blue",
    });
    expect(Object.fromEntries(errors.map(({ where, summary }) => [where.subject, summary]))).toEqual({
      name: '"Dev!" is not allowed',
      drRegion: '"eu-west-1" is not allowed',
      serviceCidr: '"172.20.0.0/16" is not allowed',
      hostName: '"notejam.example.org" is not allowed',
      kubernetesVersion: '"1.30" is not allowed',
      "nodeGroups.apps.min": '"many" is not allowed',
      "nodeGroups.apps.diskGib": "1 is not allowed",
      "waf.signInLimit": "100 is not allowed",
      colour: "is not a known field",
    });
  });

  it("adds defaults, also in objects", () => {
    const checked = validateEnvironment({ ...DEV, nodeGroups: { apps: { max: 6 } } }, TODAY);
    expect(checked).toMatchObject({
      value: {
        region: "eu-west-1",
        vpcCidr: "192.168.0.0/16",
        githubRepositories: ["notejam"],
        backups: { retentionDays: 1095 },
        database: { deletionProtection: true, backupRetentionDays: 35 },
        nodeGroups: { apps: { instanceTypes: ["t3.large"], min: 1, max: 6, diskGib: 50 } },
        tags: {},
      },
    });
  });

  it.each(REGIONS)("accepts the region %s, with a DR region of its partition", (region) => {
    const partition = partitionOf(region) ?? "aws";
    const drRegion = regionsOf(partition).find((other) => other !== region);
    expect(errorsOf({ ...PROD, region, drRegion })).toEqual([]);
  });

  it.each([
    ["production", PROD],
    [
      "an open endpoint with its reason",
      {
        ...DEV,
        clusterEndpoint: {
          publicAccessCidrs: ["0.0.0.0/0"],
          openToTheWorldBecause: "hosted runners have no fixed addresses",
        },
      },
    ],
    ["an administrator by ARN", { ...DEV, clusterAdmins: ["arn:aws:iam::111122223333:role/teams/platform"] }],
    [
      "a single sign-on role by its path",
      { ...DEV, clusterAdmins: ["aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef"] },
    ],
    ["a VPC in the carriers' range", { ...DEV, vpcCidr: "100.64.0.0/16" }],
    [
      "events one after another",
      { ...DEV, events: [SALE, { ...SALE, name: "tour", start: SALE.end, end: "2027-03-21T08:00" }] },
    ],
    ["the zone itself as host name", { ...DEV, hostName: "example.com" }],
    ["a tag more", { ...DEV, tags: { CostCenter: "notes" } }],
  ])("accepts %s", (_what, input) => {
    expect(errorsOf(input)).toEqual([]);
  });
});

describe("createStandby", () => {
  const copy = createStandby(PROD, "eu-central-1", { drRegion: "eu-west-1", vpcCidr: "10.30.0.0/16" });

  it("creates a complete environment with the same name and host name in another region", () => {
    const checked = validateEnvironment(copy, TODAY);
    expect(checked).toMatchObject({
      value: {
        name: "prod",
        hostName: "notejam.example.com",
        region: "eu-central-1",
        drRegion: "eu-west-1",
        vpcCidr: "10.30.0.0/16",
        standbyOf: { region: "eu-west-1" },
      },
    });
  });

  it("has other names than its primary, and returns the names of the primary", () => {
    const checked = validateEnvironment(copy, TODAY);
    if ("diagnostics" in checked) throw new Error(JSON.stringify(checked.diagnostics));
    expect(namesOf(checked.value)).toMatchObject({
      environmentId: "prod-eu-central-1",
      name: "notejam-prod-eu-central-1",
      globalName: "notejam-prod-eu-central-1",
    });
    expect(namesOfPrimary(checked.value)).toMatchObject({
      name: "notejam-prod",
      globalName: "notejam-prod-eu-west-1",
    });
  });

  it("is rejected in the region of its primary", () => {
    expectError(
      errorsOf(createStandby(PROD, "eu-west-1", { drRegion: "eu-west-2" })),
      "region",
      /another region/,
    );
  });
});

describe("validateOrganization", () => {
  const good = {
    terraformCloud: { hostname: "app.terraform.io", organization: "example-notes", project: "notejam" },
    bootstrap: { region: "eu-west-1" },
    githubOwner: "example-notes",
    operationsRepositoryPrefix: "operations-k8s",
  };

  it("accepts a valid organization", () => {
    expect(validateOrganization(good)).toEqual({ value: good, warnings: [] });
  });

  it.each([
    [
      "a URL for a host",
      { terraformCloud: { ...good.terraformCloud, hostname: "https://app.terraform.io" } },
      "terraformCloud.hostname",
      /without scheme/,
    ],
    [
      "blanks in the organization",
      { terraformCloud: { ...good.terraformCloud, organization: "my org" } },
      "terraformCloud.organization",
      /3 to 40/,
    ],
    [
      "a project of one letter",
      { terraformCloud: { ...good.terraformCloud, project: "n" } },
      "terraformCloud.project",
      /3 to 40/,
    ],
    [
      "an unknown region",
      { bootstrap: { region: "eu-wst-1" } },
      "bootstrap.region",
      /did you mean "eu-west-1"/,
    ],
    [
      "a repository with its owner",
      { operationsRepositoryPrefix: "me/ops" },
      "operationsRepositoryPrefix",
      /GitHub allows/,
    ],
    ["a repository for its owner", { githubOwner: "me/notes" }, "githubOwner", /GitHub user or organization/],
    [
      "an invalid address to notify",
      { terraformCloud: { ...good.terraformCloud, notify: ["platform"] } },
      "terraformCloud.notify[0]",
      /member of the organization/,
    ],
    ["a misspelt field", { bootstrp: {} }, "bootstrp", /did you mean "bootstrap"/],
  ])("rejects %s", (_what, change, field, words) => {
    const checked = validateOrganization({ ...good, ...change });
    expectError("diagnostics" in checked ? checked.diagnostics : [], field, words);
  });
});

describe("a Kubernetes version at the end of its support", () => {
  const old = { ...DEV, kubernetesVersion: "1.35" };
  const on = (day: string, ended?: "error") =>
    validateEnvironment(old, new Date(day), ended === undefined ? {} : { endedSupport: ended });
  const warning = (summary: string) => ({
    severity: "warning",
    check: "kubernetes-version",
    where: { subject: "kubernetesVersion" },
    summary: expect.stringContaining(summary),
    hint: expect.stringContaining('"1.36"'),
  });

  it("is accepted without a warning before", () => {
    expect(on("2026-12-26")).toMatchObject({ value: { kubernetesVersion: "1.35" }, warnings: [] });
  });

  it.each(["2026-12-27", "2027-03-27"])("is accepted with a warning on %s", (day) => {
    const warnings = [warning('"1.35" leaves EKS standard support after 2027-03-27')];
    expect(on(day)).toMatchObject({ value: { kubernetesVersion: "1.35" }, warnings });
    expect(on(day, "error")).toMatchObject({ value: { kubernetesVersion: "1.35" }, warnings });
  });

  it("is accepted with a warning afterwards, so that existing environments can be changed", () => {
    const warnings = [warning('"1.35" left EKS standard support after 2027-03-27')];
    expect(on("2027-03-28")).toMatchObject({ value: { kubernetesVersion: "1.35" }, warnings });
  });

  it("is an error afterwards on request", () => {
    const diagnostics = [{ ...warning('"1.35" left EKS standard support'), severity: "error" }];
    expect(on("2027-03-28", "error")).toMatchObject({ diagnostics });
  });
});
