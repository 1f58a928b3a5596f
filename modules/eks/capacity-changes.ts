/** Announced event with more traffic than usual. */
export interface TrafficEvent {
  /** Short name in kebab-case, unique among the events; part of the state address, so do not change it. */
  readonly name: string;
  readonly start: Date;
  /** End of the event, after the start. */
  readonly end: Date;
  /** Minimum nodes during the event. */
  readonly nodes: number;
}

/** Limits of a node group. */
export interface Capacity {
  readonly minSize: number;
  readonly maxSize: number;
}

/** New limits of a node group. */
export interface CapacityChange extends Capacity {
  /** Name of the event and its boundary, such as `new-year-before`. */
  readonly name: string;
  readonly at: Date;
  /** Nodes to start at once. @default undefined: the autoscaler decides, and drains nodes before it removes them */
  readonly desiredSize?: number;
}

interface Boundary {
  readonly name: string;
  readonly at: Date;
}

const MINUTE_MILLISECONDS = 60_000;

/**
 * Returns the changes of a node group's limits for events: an increase before each event, and the usual limits after it.
 *
 * Events can overlap: the end of one does not remove the nodes of another. No two changes have the same time, which EC2
 * Auto Scaling rejects, and each change has an effect.
 *
 * @param leadMinutes minutes between the increase and the start of the event
 */
export function capacityChanges(
  events: readonly TrafficEvent[],
  usual: Capacity,
  leadMinutes: number,
): CapacityChange[] {
  const periods = events.map((event) => periodOf(event, leadMinutes));
  const nodesAt = (at: Date) =>
    Math.max(
      usual.minSize,
      ...periods.filter((period) => period.from <= at && at < period.to).map((period) => period.nodes),
    );
  const boundaries = periods.flatMap((period): Boundary[] => [
    { name: `${period.name}-before`, at: period.from },
    { name: `${period.name}-after`, at: period.to },
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

function periodOf(event: TrafficEvent, leadMinutes: number) {
  const { name, nodes, start, end } = event;
  if (end <= start)
    throw new Error(`event "${name}" ends (${end.toISOString()}) before it starts (${start.toISOString()}).`);
  return { name, nodes, from: new Date(start.getTime() - leadMinutes * MINUTE_MILLISECONDS), to: end };
}

function distinctInstants(boundaries: readonly Boundary[]): Boundary[] {
  const inOrder = [...boundaries].sort((a, b) => a.at.getTime() - b.at.getTime());
  return inOrder.filter((boundary, index) => boundary.at.getTime() !== inOrder[index - 1]?.at.getTime());
}
