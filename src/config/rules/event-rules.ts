import type { Environment } from "../environment.js";
import { fieldErrors } from "../field-error.js";
import { instantOf } from "../local-time.js";
import type { Errors, ValidFields } from "./rule.js";

const error = fieldErrors("events");

type Event = Environment["events"][number];

/** Events have unique names, existing times in order, sizes within the limits, and do not overlap. */
export function* checkEvents(valid: ValidFields): Errors {
  for (const [index, event] of (valid.events ?? []).entries()) {
    const earlier = valid.events?.slice(0, index) ?? [];
    yield* checkTimes(event, index);
    yield* checkName(event, index, earlier);
    yield* checkSize(event, index, valid);
    yield* checkOverlap(event, index, earlier);
  }
}

function* checkTimes(event: Event, index: number): Errors {
  for (const field of ["start", "end"] as const) {
    if (instantOf(event[field], event.timeZone) !== undefined) continue;
    yield error(
      `events[${index}].${field}`,
      event[field],
      `a time that exists in ${event.timeZone}; daylight saving time skips this hour`,
      "write an hour earlier or later",
    );
  }
  const period = periodOf(event);
  if (period !== undefined && period.start >= period.end) {
    yield error(
      `events[${index}].end`,
      event.end,
      `a time after the start of the event, ${event.start}`,
      "write the time at which the event ends",
    );
  }
}

function* checkName({ name }: Event, index: number, earlier: readonly Event[]): Errors {
  const first = earlier.findIndex((other) => other.name === name);
  if (first === -1) return;
  yield error(
    `events[${index}].name`,
    name,
    `a unique name, which is part of the names of scheduled actions; events[${first}] has the same`,
    `write it like "${name}-2"`,
  );
}

function* checkSize({ nodes, pods }: Event, index: number, { nodeGroups, application }: ValidFields): Errors {
  const sizes = [
    { field: "nodes", value: nodes, of: "nodeGroups.apps", limits: nodeGroups?.apps },
    { field: "pods", value: pods, of: "application.replicas", limits: application?.replicas },
  ];
  for (const { field, value, of, limits } of sizes) {
    if (value === undefined || limits === undefined || (value > limits.min && value <= limits.max)) continue;
    yield error(
      `events[${index}].${field}`,
      value,
      `more than ${of}.min (${limits.min}), because the event would change nothing, and at most ${of}.max (${limits.max})`,
      value > limits.max
        ? `increase ${of}.max to ${value}, or write ${limits.max} or less`
        : `write ${limits.min + 1} or more`,
    );
  }
}

function* checkOverlap(event: Event, index: number, earlier: readonly Event[]): Errors {
  const period = periodOf(event);
  const other = earlier.find((candidate) => {
    const past = periodOf(candidate);
    return period !== undefined && past !== undefined && period.start < past.end && past.start < period.end;
  });
  if (other === undefined) return;
  yield error(
    `events[${index}]`,
    { name: event.name, start: event.start, end: event.end },
    `a period without overlap with the event "${other.name}" (${other.start} to ${other.end}): the end of one would end both`,
    "merge the two events with the larger number of nodes, or move one",
  );
}

function periodOf(event: Event): { start: Date; end: Date } | undefined {
  const start = instantOf(event.start, event.timeZone);
  const end = instantOf(event.end, event.timeZone);
  return start === undefined || end === undefined ? undefined : { start, end };
}
