import { fieldErrors } from "../field-error.js";
import type { Errors, ValidFields } from "./rule.js";

const error = fieldErrors("production");

/** Traffic of a big event as a multiple of the usual, for which production must have capacity. */
const EVENT_FACTOR = 4;

/** Minimum nodes of a group that leaves one when a zone is lost. */
const MIN_NODES = 2;

/** Minimum retention of logs, in days: intrusions are often detected weeks later. */
const MIN_LOG_DAYS = 90;

/** Production survives the loss of a zone, has capacity for events, and has its safeguards enabled. */
export function* checkProduction(valid: ValidFields): Errors {
  if (valid.production !== true) return;
  yield* checkZoneLoss(valid);
  yield* checkEventCapacity(valid);
  yield* checkSafeguards(valid);
}

function* checkZoneLoss({ nodeGroups, natGateways }: ValidFields): Errors {
  for (const group of ["apps", "operations"] as const) {
    const min = nodeGroups?.[group].min ?? MIN_NODES;
    if (min >= MIN_NODES) continue;
    yield error(
      `nodeGroups.${group}.min`,
      min,
      `in production at least ${MIN_NODES} nodes, so that the loss of a zone leaves one`,
      `write ${MIN_NODES} or more, preferably 3: one per zone`,
    );
  }
  if (natGateways === "single") {
    yield error(
      "natGateways",
      natGateways,
      "in production one NAT gateway per zone: with a single one, the loss of its zone disconnects all nodes",
      'write "per-zone", or leave the field out',
    );
  }
}

function* checkEventCapacity({ nodeGroups, application, load }: ValidFields): Errors {
  yield* checkRoom("nodeGroups.apps.max", nodeGroups?.apps.max, "desired", nodeGroups?.apps.desired);
  yield* checkRoom("application.replicas.max", application?.replicas.max, "min", application?.replicas.min);
  if (load !== undefined && load.eventFactor < EVENT_FACTOR) {
    yield error(
      "load.eventFactor",
      load.eventFactor,
      `in production at least ${EVENT_FACTOR}: big events bring ${EVENT_FACTOR} times the usual traffic`,
      `write ${EVENT_FACTOR}, or leave the field out`,
    );
  }
}

function* checkRoom(field: string, max = Number.POSITIVE_INFINITY, usualField = "", usual = 0): Errors {
  if (max >= EVENT_FACTOR * usual) return;
  yield error(
    field,
    max,
    `in production at least ${EVENT_FACTOR} × ${usualField} (${usual}): big events bring ${EVENT_FACTOR} times the usual traffic`,
    `write ${EVENT_FACTOR * usual} or more`,
  );
}

function* checkSafeguards({ database, alarmEmails, logRetentionDays }: ValidFields): Errors {
  for (const field of ["deletionProtection", "finalSnapshot"] as const) {
    if (database?.[field] !== false) continue;
    yield error(
      `database.${field}`,
      false,
      "in production true: a wrong plan must not delete the data of users",
      "write true, or leave the field out",
    );
  }
  if (alarmEmails?.length === 0) {
    yield error(
      "alarmEmails",
      alarmEmails,
      "in production at least one address",
      'write a list such as ["platform@example.com"]',
    );
  }
  if (logRetentionDays !== undefined && logRetentionDays < MIN_LOG_DAYS) {
    yield error(
      "logRetentionDays",
      logRetentionDays,
      `in production at least ${MIN_LOG_DAYS} days: intrusions are often detected weeks later`,
      `write ${MIN_LOG_DAYS} or more`,
    );
  }
}
