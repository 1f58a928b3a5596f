import type { Environment } from "./environment.js";
import { instantOf } from "./local-time.js";
import { wholeAtLeast } from "./rounding.js";

type Event = Environment["events"][number];

/** Pods that stand from an instant to another. */
export interface PodFloor {
  /** The event's name. */
  readonly name: string;
  readonly from: Date;
  readonly to: Date;
  /** The autoscaler's floor meanwhile, in pods. */
  readonly pods: number;
}

/** Pods need a minute and a half to serve, and what raises the floor looks every five minutes; nodes start earlier. */
const LEAD_MINUTES = 15;

const MINUTE_MILLISECONDS = 60_000;

/** The autoscaler's floor while an event lasts, in pods. */
export function podsDuring({ pods }: Event, { application, load }: Environment): number {
  const { min, max } = application.replicas;
  return pods ?? Math.min(max, wholeAtLeast(load.eventFactor * min));
}

/** When the floor of the application's autoscaler is another one than usual, in the order of the events. */
export function podFloors(environment: Environment): PodFloor[] {
  return environment.events.map((event) => {
    const start = instantOf(event.start, event.timeZone);
    const to = instantOf(event.end, event.timeZone);
    if (start === undefined || to === undefined) {
      throw new Error(`The event "${event.name}" of ${environment.name} has not been validated.`);
    }
    const from = new Date(start.getTime() - LEAD_MINUTES * MINUTE_MILLISECONDS);
    return { name: event.name, from, to, pods: podsDuring(event, environment) };
  });
}
