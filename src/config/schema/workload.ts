import * as z from "zod";
import { isLocalTime, isTimeZone } from "../local-time.js";
import { nodeCount } from "./cluster.js";
import { field, object, wholeNumber } from "./field.js";

const replicaCount = wholeNumber(
  2,
  1000,
  "pods; with one pod every deployment would be an outage",
  "write 2 or more",
);

const localTime = field(
  z.string().refine(isLocalTime),
  "an existing local date and time, YYYY-MM-DDTHH:MM, without seconds and without zone",
  'write it like "2027-11-26T08:00", and the zone in timeZone',
);

const timeZone = field(
  z.string().refine(isTimeZone),
  "an IANA time zone",
  'write a name such as "Europe/Dublin" or "UTC", no offset',
);

/** Size of the application. */
export const applicationSchema = object(
  {
    /** Limits of the horizontal pod autoscaler, in pods, 2 to 1000. @default { min: 2, max: 8 } */
    replicas: object(
      { min: replicaCount.default(2), max: replicaCount.default(8) },
      "{ min: 2, max: 8 }, in pods",
    ).prefault({}),
    /** IANA time zone in which the application shows times. @default "UTC" */
    timeZone: timeZone.default("UTC"),
  },
  '{ replicas: { min: 2, max: 8 }, timeZone: "Europe/Dublin" }',
).prefault({});

/** Traffic that the environment is designed for; `npm run capacity` computes the resources for it. */
export const loadSchema = object(
  {
    /** Requests per second at the load balancer in the busiest hour of a usual day, above 0. @default 50 */
    usualRequestsPerSecond: field(
      z.number().positive().max(1_000_000),
      "a number above 0: requests per second in the busiest hour of a usual day",
      "write the load balancer's metric, or 50 if there is none yet",
    ).default(50),
    /** Traffic of a big event as a multiple of the usual, 1 to 100; at least 4 in production. @default 4 */
    eventFactor: field(
      z.number().min(1).max(100),
      "a number from 1 to 100: traffic of a big event as a multiple of the usual",
      "write 4",
    ).default(4),
  },
  "{ usualRequestsPerSecond: 600, eventFactor: 4 }",
).prefault({});

/** Announced event for which nodes and pods are started in advance. */
const eventSchema = object(
  {
    /** Unique name in the environment: 1 to 40 lower-case letters, digits and hyphens. */
    name: field(
      z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/),
      "1 to 40 lower-case letters, digits and hyphens: part of the names of scheduled actions",
      'write it like "spring-sale"',
    ),
    /** Local time `YYYY-MM-DDTHH:MM` at which the additional nodes must be ready. */
    start: localTime,
    /** Local time `YYYY-MM-DDTHH:MM` after the start, at which they can be removed. */
    end: localTime,
    /** IANA time zone of start and end, such as `Europe/Dublin`. */
    timeZone,
    /** Minimum nodes of the group `apps` during the event; at most `nodeGroups.apps.max`. */
    nodes: nodeCount(1, "the minimum during the event"),
    /** Minimum replicas during the event; at most `application.replicas.max`. @default `load.eventFactor` times `application.replicas.min`, at most `max` */
    pods: wholeNumber(
      2,
      1000,
      "pods: the minimum replicas during the event",
      "write a number between application.replicas.min and max, or leave the field out for load.eventFactor times the usual minimum",
    ).optional(),
  },
  '{ name: "spring-sale", start: "2027-03-20T08:00", end: "2027-03-20T22:00", timeZone: "Europe/Dublin", nodes: 12, pods: 20 }',
);

/** Announced events. */
export const eventsSchema = field(z.array(eventSchema), "a list of events", "write [] for no events").default(
  [],
);
