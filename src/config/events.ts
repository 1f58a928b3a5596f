import type { Environment } from "./environment.js";
import { instantOf } from "./local-time.js";
import { wholeAtLeast } from "./rounding.js";

type Event = Environment["events"][number];

/** Announced event with its times as instants. */
export interface EventPeriod {
  /** Unique name in the environment. */
  readonly name: string;
  readonly start: Date;
  readonly end: Date;
  /** Minimum nodes of the group `apps`. */
  readonly nodes: number;
}

/** Minimum replicas in a period. */
export interface ScheduledReplicas {
  /** Name of the event. */
  readonly name: string;
  readonly from: Date;
  readonly to: Date;
  /** `minReplicas` of the HorizontalPodAutoscaler, in pods. */
  readonly pods: number;
}

/** A pod is ready after 1.5 minutes, and the job that sets the minimum runs every 5 minutes; nodes start earlier. */
const LEAD_MINUTES = 15;

const MINUTE_MILLISECONDS = 60_000;

/** Returns the minimum replicas during an event, in pods. */
export function podsDuring({ pods }: Event, { application, load }: Environment): number {
  const { min, max } = application.replicas;
  return pods ?? Math.min(max, wholeAtLeast(load.eventFactor * min));
}

/** Returns the events of an environment with their times as instants. */
export function eventPeriods({ events }: Environment): EventPeriod[] {
  return events.map(({ name, start, end, timeZone, nodes }) => ({
    name,
    start: validInstant(start, timeZone),
    end: validInstant(end, timeZone),
    nodes,
  }));
}

/** Returns the periods with other minimum replicas than usual, in the order of the events. */
export function scheduledReplicas(environment: Environment): ScheduledReplicas[] {
  return environment.events.map((event) => ({
    name: event.name,
    from: new Date(validInstant(event.start, event.timeZone).getTime() - LEAD_MINUTES * MINUTE_MILLISECONDS),
    to: validInstant(event.end, event.timeZone),
    pods: podsDuring(event, environment),
  }));
}

function validInstant(time: string, timeZone: string): Date {
  const instant = instantOf(time, timeZone);
  if (instant === undefined) throw new Error(`${time} in ${timeZone} was not validated: it does not exist.`);
  return instant;
}
