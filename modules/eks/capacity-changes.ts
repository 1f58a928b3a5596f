import { instantOf } from "./zoned-time.js";

/** Something announced that will bring more visitors than usual. */
export interface TrafficEvent {
  /** Lasting short name in kebab-case, unique among the events; part of the state address. */
  readonly name: string;
  /** When visitors come, local time without offset, such as `2026-12-31T18:00`. */
  readonly start: string;
  /** When they are gone, local time without offset, after the start. */
  readonly end: string;
  /** IANA time zone of start and end, such as `Europe/Berlin`. */
  readonly timeZone: string;
  /** Nodes that the group keeps ready meanwhile. */
  readonly nodes: number;
}

/** Limits of a group of nodes. */
export interface Capacity {
  readonly minSize: number;
  readonly maxSize: number;
}

/** New limits for a group from an instant on. */
export interface CapacityChange extends Capacity {
  /** The event and its boundary, such as `new-year-before`. */
  readonly name: string;
  readonly at: Date;
  /** Nodes to start at once. @default undefined: the autoscaler decides, which drains what it removes */
  readonly desiredSize?: number;
}

interface Boundary {
  readonly name: string;
  readonly at: Date;
}

const MINUTE_MILLISECONDS = 60_000;

/**
 * The changes of a group's limits that carry it through events: up before each, back after it.
 *
 * Events may overlap: the one that ends first does not take the nodes of the other away. No two changes share an
 * instant (EC2 Auto Scaling refuses that) and none changes nothing.
 *
 * @param leadMinutes - how long before the start of an event its nodes are started
 */
export function capacityChanges(
  events: readonly TrafficEvent[],
  usual: Capacity,
  leadMinutes: number,
): CapacityChange[] {
  const spans = events.map((event) => spanOf(event, leadMinutes));
  const nodesAt = (at: Date) =>
    Math.max(
      usual.minSize,
      ...spans.filter((span) => span.from <= at && at < span.to).map((span) => span.nodes),
    );
  const boundaries = spans.flatMap((span): Boundary[] => [
    { name: `${span.name}-before`, at: span.from },
    { name: `${span.name}-after`, at: span.to },
  ]);
  let nodes = usual.minSize;
  return distinctInstants(boundaries).flatMap(({ name, at }) => {
    const needed = nodesAt(at);
    if (needed === nodes) return [];
    const desiredSize = needed > nodes ? needed : undefined;
    nodes = needed;
    return [{ name, at, minSize: needed, maxSize: Math.max(usual.maxSize, needed), desiredSize }];
  });
}

function spanOf(event: TrafficEvent, leadMinutes: number) {
  const start = instantOf(event.start, event.timeZone);
  const to = instantOf(event.end, event.timeZone);
  if (to <= start)
    throw new Error(`event "${event.name}" ends (${event.end}) before it starts (${event.start}).`);
  const from = new Date(start.getTime() - leadMinutes * MINUTE_MILLISECONDS);
  return { name: event.name, nodes: event.nodes, from, to };
}

function distinctInstants(boundaries: readonly Boundary[]): Boundary[] {
  const inOrder = [...boundaries].sort((a, b) => a.at.getTime() - b.at.getTime());
  return inOrder.filter((boundary, index) => boundary.at.getTime() !== inOrder[index - 1]?.at.getTime());
}
