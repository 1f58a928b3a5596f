import type { Environment } from "./environment.js";
import {
  endOfStandardSupport,
  isInStandardSupport,
  versionsInStandardSupport,
} from "./kubernetes-versions.js";
import { instantOf } from "./local-time.js";
import { namesTooLong } from "./names.js";
import { isEverywhere, isNeverOnTheInternet, isPrivate, isShared, overlap } from "./networks.js";
import type { Finding } from "./problem.js";
import { partitionOf, REGIONS, reasonRegionIsRefused, regionsOf } from "./regions.js";
import { closest } from "./spelling.js";
import { COMPUTED_TAGS } from "./tags.js";

/** The traffic of a big event, in multiples of the usual, that production must at least have room for. */
const EVENT_LOAD = 4;

/** Nodes below which the loss of one zone can leave a group with none. */
const NODES_TO_LOSE_ONE = 2;

/** Fewest days for which production keeps its logs. */
const PRODUCTION_LOG_DAYS = 90;

/** Finds what is wrong between fields; looks only at fields that are valid by themselves. */
type Rule = (valid: Partial<Environment>, today: Date) => Finding[];

/** All findings that concern more than one field, or that a field's own schema cannot explain. */
export function findingsBetweenFields(valid: Partial<Environment>, today: Date): Finding[] {
  return RULES.flatMap((rule) => rule(valid, today));
}

/** A rule that runs when every field that it reads is valid; `recoveryOf` may be absent. */
function rule<Field extends keyof Environment>(
  fields: readonly Field[],
  check: (environment: Pick<Environment, Field>, today: Date) => Finding[],
): Rule {
  const hasFields = (valid: Partial<Environment>): valid is Pick<Environment, Field> & Partial<Environment> =>
    fields.every((name) => name === "recoveryOf" || valid[name] !== undefined);
  return (valid, today) => (hasFields(valid) ? check(valid, today) : []);
}

function regionFinding(field: string, region: string): Finding[] {
  if (partitionOf(region) !== undefined) return [];
  const refused = reasonRegionIsRefused(region);
  if (refused !== undefined) {
    return [
      { field, value: region, rule: `${region} is not supported: ${refused}`, remedy: nearbyRegion(region) },
    ];
  }
  return [
    {
      field,
      value: region,
      rule: "an AWS region with EKS, Aurora PostgreSQL, WAF and at least three availability zones",
      remedy: nearbyRegion(region),
    },
  ];
}

function nearbyRegion(region: string): string {
  const meant = closest(region, REGIONS);
  const suggestion = meant === undefined ? "" : `did you mean "${meant}"? `;
  return `${suggestion}choose one of the regions in src/config/regions.ts`;
}

const regionsAreSupported: Rule = ({ region, drRegion, recoveryOf }) => [
  ...(region === undefined ? [] : regionFinding("region", region)),
  ...(drRegion === undefined ? [] : regionFinding("drRegion", drRegion)),
  ...(recoveryOf === undefined ? [] : regionFinding("recoveryOf.region", recoveryOf.region)),
];

const replicasAreElsewhere = rule(["region", "drRegion"], ({ region, drRegion }) => {
  const partition = partitionOf(region);
  if (partition === undefined || partitionOf(drRegion) === undefined) return [];
  const others = regionsOf(partition).filter((candidate) => candidate !== region);
  // Best on the same continent, whose regions share their first letters.
  const other = others.find((candidate) => candidate.slice(0, 2) === region.slice(0, 2)) ?? others[0];
  if (drRegion === region) {
    return [
      {
        field: "drRegion",
        value: drRegion,
        rule: "another region than the environment's own, for replicas must survive its loss",
        remedy: `choose another one of the partition ${partition}, such as "${other}"`,
      },
    ];
  }
  if (partitionOf(drRegion) === partition) return [];
  return [
    {
      field: "drRegion",
      value: drRegion,
      rule: `a region of the partition of ${region} (${partition}): nothing is replicated across partitions`,
      remedy: `choose one such as "${other}"`,
    },
  ];
});

const recoveryIsElsewhere = rule(["region", "recoveryOf"], ({ region, recoveryOf }) =>
  recoveryOf?.region !== region
    ? []
    : [
        {
          field: "region",
          value: region,
          rule: "a recovery copy stands in another region than the copy that it replaces",
          remedy: "give recoverIn() another region, best the first copy's drRegion",
        },
      ],
);

const namesFitAws = rule(
  ["name", "region", "drRegion", "recoveryOf"],
  ({ name, region, drRegion, recoveryOf }) => {
    const itself = namesTooLong({ name, region, recoveryOf });
    // A copy that cannot be named is found out on the worst day: its names are measured beforehand.
    const copy =
      recoveryOf === undefined ? namesTooLong({ name, region: drRegion, recoveryOf: { region } }) : [];
    const worst = new Map([...copy, ...itself].map((tooLong) => [tooLong.of, tooLong]));
    if (worst.size === 0) return [];
    const excess = Math.max(...[...worst.values()].map((tooLong) => tooLong.name.length - tooLong.limit));
    const limits = [...worst.values()].map(
      (tooLong) => `${tooLong.of}: ${tooLong.name.length} of ${tooLong.limit} characters`,
    );
    return [
      {
        field: "name",
        value: name,
        rule: `short enough for AWS's limits on the names made of it, here and in a recovery copy (${limits.join(", ")})`,
        remedy: `make it at least ${excess} shorter`,
      },
    ];
  },
);

const vpcIsPrivate = rule(["vpcCidr"], ({ vpcCidr }) =>
  isPrivate(vpcCidr) || isShared(vpcCidr)
    ? []
    : [
        {
          field: "vpcCidr",
          value: vpcCidr,
          rule: "a private network (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16) or one of 100.64.0.0/10: others belong to somebody on the internet",
          remedy: 'choose one such as "10.20.0.0/16"',
        },
      ],
);

const servicesArePrivate = rule(["serviceCidr"], ({ serviceCidr }) =>
  isPrivate(serviceCidr)
    ? []
    : [
        {
          field: "serviceCidr",
          value: serviceCidr,
          rule: "a network inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16: EKS accepts no other",
          remedy: 'write "172.20.0.0/16"',
        },
      ],
);

const servicesAreOutsideTheVpc = rule(["vpcCidr", "serviceCidr"], ({ vpcCidr, serviceCidr }) =>
  overlap(vpcCidr, serviceCidr)
    ? [
        {
          field: "serviceCidr",
          value: serviceCidr,
          rule: `no address in common with vpcCidr (${vpcCidr}): pods could not tell services from machines`,
          remedy: 'write "172.20.0.0/16", or "10.100.0.0/16" when the VPC lies there',
        },
      ]
    : [],
);

const hostIsInItsZone = rule(["hostName", "hostedZone"], ({ hostName, hostedZone }) =>
  hostName === hostedZone || hostName.endsWith(`.${hostedZone}`)
    ? []
    : [
        {
          field: "hostName",
          value: hostName,
          rule: `a name in the hosted zone ${hostedZone}, where its record and its certificate's proof are written`,
          remedy: `write it like "notejam.${hostedZone}", or change hostedZone`,
        },
      ],
);

const openEndpointHasAReason = rule(["clusterEndpoint"], ({ clusterEndpoint }) => {
  const { publicAccessCidrs, openToTheWorldBecause } = clusterEndpoint;
  const open = publicAccessCidrs.filter(isEverywhere);
  if (open.length > 0 && openToTheWorldBecause === undefined) {
    return [
      {
        field: "clusterEndpoint.publicAccessCidrs",
        value: publicAccessCidrs,
        rule: `${open.join(" and ")} opens the Kubernetes API to everybody on the internet, which needs a stated reason`,
        remedy:
          "list your own networks, write [] for a private endpoint only, or say why in openToTheWorldBecause (20 characters or more)",
      },
    ];
  }
  if (open.length > 0 || openToTheWorldBecause === undefined) return [];
  return [
    {
      field: "clusterEndpoint.openToTheWorldBecause",
      value: openToTheWorldBecause,
      rule: "a reason only where publicAccessCidrs holds 0.0.0.0/0 or ::/0",
      remedy: "remove it: the endpoint is not open to the world",
    },
  ];
});

const endpointNetworksAreOnTheInternet = rule(["clusterEndpoint"], ({ clusterEndpoint }) =>
  clusterEndpoint.publicAccessCidrs.flatMap((cidr, index) =>
    isNeverOnTheInternet(cidr)
      ? [
          {
            field: `clusterEndpoint.publicAccessCidrs[${index}]`,
            value: cidr,
            rule: "a network that can call from the internet: EKS refuses private and reserved ones",
            remedy:
              "write the public address from which those machines leave; the VPC itself uses the private endpoint",
          },
        ]
      : [],
  ),
);

const principalsBelongToThePartition = rule(
  ["region", "clusterAdmins", "clusterViewers"],
  ({ region, clusterAdmins, clusterViewers }) => {
    const partition = partitionOf(region);
    const lists = { clusterAdmins, clusterViewers };
    return Object.entries(lists).flatMap(([list, principals]) =>
      principals.flatMap((principal, index) =>
        partition === undefined || !principal.startsWith("arn:") || principal.startsWith(`arn:${partition}:`)
          ? []
          : [
              {
                field: `${list}[${index}]`,
                value: principal,
                rule: `an ARN of the partition of ${region}, which starts with arn:${partition}:`,
                remedy: "write the role's name alone, or its ARN in that partition",
              },
            ],
      ),
    );
  },
);

const nobodyHasTwoAccesses = rule(["clusterAdmins", "clusterViewers"], ({ clusterAdmins, clusterViewers }) =>
  clusterViewers.flatMap((principal, index) =>
    clusterAdmins.includes(principal)
      ? [
          {
            field: `clusterViewers[${index}]`,
            value: principal,
            rule: "listed once: EKS keeps one access entry per role or user, and an administrator sees everything already",
            remedy: "remove it from clusterViewers or from clusterAdmins",
          },
        ]
      : [],
  ),
);

const kubernetesIsSupported = rule(["kubernetesVersion"], ({ kubernetesVersion }, today) => {
  if (isInStandardSupport(kubernetesVersion, today)) return [];
  const end = endOfStandardSupport(kubernetesVersion);
  const supported = versionsInStandardSupport(today);
  const newest = supported.at(-1);
  return [
    {
      field: "kubernetesVersion",
      value: kubernetesVersion,
      rule:
        end === undefined
          ? "a version whose end of EKS standard support is known in src/config/kubernetes-versions.ts"
          : `a version in EKS standard support; that of ${kubernetesVersion} ended on ${end}, and AWS upgrades such clusters by itself`,
      remedy:
        newest === undefined
          ? "add the versions that EKS supports today to src/config/kubernetes-versions.ts"
          : `write one of ${supported.map((version) => `"${version}"`).join(", ")}, or add a newer one to src/config/kubernetes-versions.ts`,
    },
  ];
});

const nodeNumbersAreOrdered = rule(["nodeGroups"], ({ nodeGroups }) =>
  Object.entries(nodeGroups).flatMap(([group, { min, desired, max }]) =>
    min <= desired && desired <= max
      ? []
      : [
          {
            field: `nodeGroups.${group}`,
            value: { min, desired, max },
            rule: "min ≤ desired ≤ max",
            remedy: `write numbers in that order, such as { min: ${min}, desired: ${min}, max: ${Math.max(min, desired, max)} }`,
          },
        ],
  ),
);

const nodesRunTheImages = rule(["nodeGroups"], ({ nodeGroups }) =>
  Object.entries(nodeGroups).flatMap(([group, { instanceTypes }]) =>
    instanceTypes.flatMap((type, index) =>
      // Graviton families carry a g right after the generation: t4g, m7gd, c8gn.
      /^(a1|[a-z]+\d+g)/.test(type)
        ? [
            {
              field: `nodeGroups.${group}.instanceTypes[${index}]`,
              value: type,
              rule: "an x86_64 instance type: the node image and the application's image are built for it, not for arm64",
              remedy: 'choose an Intel or AMD type, such as "t3.large" or "m7i.large"',
            },
          ]
        : [],
    ),
  ),
);

const productionSurvivesAZone = rule(["production", "nodeGroups"], ({ production, nodeGroups }) =>
  (["apps", "operations"] as const).flatMap((group) =>
    production && nodeGroups[group].min < NODES_TO_LOSE_ONE
      ? [
          {
            field: `nodeGroups.${group}.min`,
            value: nodeGroups[group].min,
            rule: `in production at least ${NODES_TO_LOSE_ONE} nodes, so that the loss of a zone leaves one`,
            remedy: `write ${NODES_TO_LOSE_ONE} or more, best 3: one per zone`,
          },
        ]
      : [],
  ),
);

const productionHasRoomForEvents = rule(
  ["production", "nodeGroups", "application"],
  ({ production, nodeGroups, application }) => {
    if (!production) return [];
    const room = [
      {
        field: "nodeGroups.apps.max",
        usual: nodeGroups.apps.desired,
        most: nodeGroups.apps.max,
        of: "desired",
      },
      {
        field: "application.replicas.max",
        usual: application.replicas.min,
        most: application.replicas.max,
        of: "min",
      },
    ];
    return room
      .filter(({ usual, most }) => most < EVENT_LOAD * usual)
      .map(({ field, usual, most, of }) => ({
        field,
        value: most,
        rule: `in production at least ${EVENT_LOAD} × ${of} (${usual}): big events bring ${EVENT_LOAD} times the usual traffic`,
        remedy: `write ${EVENT_LOAD * usual} or more`,
      }));
  },
);

const productionExpectsEvents = rule(["production", "load"], ({ production, load }) =>
  !production || load.eventFactor >= EVENT_LOAD
    ? []
    : [
        {
          field: "load.eventFactor",
          value: load.eventFactor,
          rule: `in production at least ${EVENT_LOAD}: big events bring ${EVENT_LOAD} times the usual traffic`,
          remedy: `write ${EVENT_LOAD}, or leave the field out`,
        },
      ],
);

const productionIsGuarded = rule(
  ["production", "natGateways", "database", "alarmEmails", "logRetentionDays"],
  ({ production, natGateways, database, alarmEmails, logRetentionDays }) => {
    const guards = [
      {
        kept: natGateways === "per-zone",
        field: "natGateways",
        value: natGateways,
        rule: "in production one NAT gateway per zone: with a single one the loss of its zone cuts off all nodes",
        remedy: 'write "per-zone", or leave the field out',
      },
      {
        kept: database.deletionProtection,
        field: "database.deletionProtection",
        value: database.deletionProtection,
        rule: "in production true: a mistaken plan must not delete the notes",
        remedy: "write true, or leave the field out",
      },
      {
        kept: database.finalSnapshot,
        field: "database.finalSnapshot",
        value: database.finalSnapshot,
        rule: "in production true: whoever deletes the database on purpose can still change their mind",
        remedy: "write true, or leave the field out",
      },
      {
        kept: alarmEmails.length > 0,
        field: "alarmEmails",
        value: alarmEmails,
        rule: "in production at least one address: an alarm that nobody gets is none",
        remedy: 'write a list such as ["platform@example.com"]',
      },
      {
        kept: logRetentionDays >= PRODUCTION_LOG_DAYS,
        field: "logRetentionDays",
        value: logRetentionDays,
        rule: `in production at least ${PRODUCTION_LOG_DAYS} days: break-ins are found out weeks later`,
        remedy: `write ${PRODUCTION_LOG_DAYS} or more`,
      },
    ];
    return guards.filter(({ kept }) => production && !kept).map(({ kept: _, ...finding }) => finding);
  },
);

const replicasAreOrdered = rule(["application"], ({ application }) =>
  rangeFinding("application.replicas", application.replicas),
);

const readersAreOrdered = rule(["database"], ({ database }) =>
  rangeFinding("database.readers", database.readers),
);

function rangeFinding(field: string, range: { readonly min: number; readonly max: number }): Finding[] {
  if (range.min <= range.max) return [];
  return [
    { field, value: range, rule: "min ≤ max", remedy: `write { min: ${range.max}, max: ${range.min} }` },
  ];
}

type Event = Environment["events"][number];

const eventsAreInOrder = rule(["events"], ({ events }) =>
  events.flatMap((event, index) => [...clockFindings(event, index), ...orderFinding(event, index)]),
);

function clockFindings(event: Event, index: number): Finding[] {
  return (["start", "end"] as const).flatMap((field) =>
    instantOf(event[field], event.timeZone) !== undefined
      ? []
      : [
          {
            field: `events[${index}].${field}`,
            value: event[field],
            rule: `a time that the clocks of ${event.timeZone} show; on that day they skip it`,
            remedy: "write an hour earlier or later",
          },
        ],
  );
}

function orderFinding(event: Event, index: number): Finding[] {
  const span = spanOf(event);
  if (span === undefined || span.start < span.end) return [];
  return [
    {
      field: `events[${index}].end`,
      value: event.end,
      rule: `later than the event's start, ${event.start}`,
      remedy: "write the time at which the event is over",
    },
  ];
}

const eventsHaveOneName = rule(["events"], ({ events }) =>
  events.flatMap(({ name }, index) => {
    const first = events.findIndex((other) => other.name === name);
    return first === index
      ? []
      : [
          {
            field: `events[${index}].name`,
            value: name,
            rule: `a name of its own: events[${first}] has it already, and scheduled actions are named after it`,
            remedy: `write it like "${name}-2"`,
          },
        ];
  }),
);

const eventsFitTheGroup = rule(["events", "nodeGroups"], ({ events, nodeGroups }) =>
  events.flatMap(({ nodes }, index) => {
    const { min, max } = nodeGroups.apps;
    return nodes > min && nodes <= max
      ? []
      : [
          {
            field: `events[${index}].nodes`,
            value: nodes,
            rule: `more than nodeGroups.apps.min (${min}), or the event changes nothing, and at most nodeGroups.apps.max (${max})`,
            remedy:
              nodes > max
                ? `raise nodeGroups.apps.max to ${nodes}, or write ${max} or less`
                : `write ${min + 1} or more`,
          },
        ];
  }),
);

const eventsRaiseTheFloor = rule(["events", "application"], ({ events, application }) =>
  events.flatMap(({ pods }, index) => {
    const { min, max } = application.replicas;
    return pods === undefined || (pods > min && pods <= max)
      ? []
      : [
          {
            field: `events[${index}].pods`,
            value: pods,
            rule: `more than application.replicas.min (${min}), or the event changes nothing, and at most application.replicas.max (${max})`,
            remedy:
              pods > max
                ? `raise application.replicas.max to ${pods}, or write ${max} or less`
                : "write more, or leave the field out for load.eventFactor times the usual floor",
          },
        ];
  }),
);

const eventsDoNotOverlap = rule(["events"], ({ events }) =>
  events.flatMap((event, index) => {
    const span = spanOf(event);
    const other = events.slice(0, index).find((earlier) => {
      const past = spanOf(earlier);
      return span !== undefined && past !== undefined && span.start < past.end && past.start < span.end;
    });
    return other === undefined
      ? []
      : [
          {
            field: `events[${index}]`,
            value: { name: event.name, start: event.start, end: event.end },
            rule: `no overlap with the event "${other.name}" (${other.start} to ${other.end}): the end of one would end both`,
            remedy: "make one event of the two, with the larger number of nodes, or move one",
          },
        ];
  }),
);

function spanOf(event: Event): { start: Date; end: Date } | undefined {
  const start = instantOf(event.start, event.timeZone);
  const end = instantOf(event.end, event.timeZone);
  return start === undefined || end === undefined ? undefined : { start, end };
}

const signInIsTighter = rule(["waf"], ({ waf }) =>
  waf.signInLimit < waf.floodLimit
    ? []
    : [
        {
          field: "waf.signInLimit",
          value: waf.signInLimit,
          rule: `below waf.floodLimit (${waf.floodLimit}), which would block the address first`,
          remedy: `write less than ${waf.floodLimit}, such as 100`,
        },
      ],
);

const computedTagsAreLeftAlone = rule(["tags"], ({ tags }) =>
  Object.entries(tags).flatMap(([tag, value]) => {
    const computed = COMPUTED_TAGS.find((name) => name.toLowerCase() === tag.toLowerCase());
    return computed === undefined
      ? []
      : [
          {
            field: `tags.${tag}`,
            value,
            rule: `any tag but ${computed}, which the code sets: policies and searches rely on its value`,
            remedy: "remove it",
          },
        ];
  }),
);

const RULES: readonly Rule[] = [
  regionsAreSupported,
  replicasAreElsewhere,
  recoveryIsElsewhere,
  namesFitAws,
  vpcIsPrivate,
  servicesArePrivate,
  servicesAreOutsideTheVpc,
  hostIsInItsZone,
  openEndpointHasAReason,
  endpointNetworksAreOnTheInternet,
  principalsBelongToThePartition,
  nobodyHasTwoAccesses,
  kubernetesIsSupported,
  nodeNumbersAreOrdered,
  nodesRunTheImages,
  productionSurvivesAZone,
  productionHasRoomForEvents,
  productionExpectsEvents,
  productionIsGuarded,
  replicasAreOrdered,
  readersAreOrdered,
  eventsAreInOrder,
  eventsHaveOneName,
  eventsFitTheGroup,
  eventsRaiseTheFloor,
  eventsDoNotOverlap,
  signInIsTighter,
  computedTagsAreLeftAlone,
];
