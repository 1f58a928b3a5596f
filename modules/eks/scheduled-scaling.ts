import { AutoscalingSchedule } from "@cdktf/provider-aws/lib/autoscaling-schedule/index.js";
import { Construct } from "constructs";
import { type Capacity, capacityChanges, type TrafficEvent } from "./capacity-changes.js";

export interface ScheduledScalingProps extends Capacity {
  /** Auto Scaling group behind the node group. */
  readonly autoscalingGroupName: string;
  /** Announced events; past ones are ignored. */
  readonly events: readonly TrafficEvent[];
  /** Current time: changes before it are not planned. */
  readonly now: Date;
  /** Minutes before the start of an event at which its nodes are started; a node needs about three. @default 30 */
  readonly leadMinutes?: number;
}

/** Value that keeps the current capacity. */
const KEEP = -1;

/**
 * Scheduled actions that start additional nodes before announced events and remove them afterwards.
 *
 * The cluster autoscaler respects the limits of the group, so a higher minimum is enough to keep the nodes.
 *
 * AWS deletes a one-time action after it has run, and rejects one in the past. So only actions after `now` are created:
 * otherwise the first plan after an event would fail to create it again.
 */
export class ScheduledScaling extends Construct {
  constructor(scope: Construct, id: string, props: ScheduledScalingProps) {
    super(scope, id);
    const { events, now, leadMinutes = 30 } = props;
    const ahead = capacityChanges(events, props, leadMinutes).filter((change) => change.at > now);
    for (const change of ahead) {
      new AutoscalingSchedule(this, change.name, {
        scheduledActionName: change.name,
        autoscalingGroupName: props.autoscalingGroupName,
        // One-time actions are in UTC; `time_zone` has no effect on them.
        startTime: change.at.toISOString().replace(/\.\d{3}Z$/, "Z"),
        minSize: change.minSize,
        maxSize: change.maxSize,
        desiredCapacity: change.desiredSize ?? KEEP,
      });
    }
  }
}
