import { AutoscalingSchedule } from "@cdktf/provider-aws/lib/autoscaling-schedule/index.js";
import { Construct } from "constructs";
import { type Capacity, capacityChanges, type TrafficEvent } from "./capacity-changes.js";

export interface ScheduledScalingProps extends Capacity {
  /** Auto Scaling group behind the node group. */
  readonly autoscalingGroupName: string;
  /** Events that were announced. Those that are over may stay in the list. */
  readonly events: readonly TrafficEvent[];
  /** The present: what lies before it is not planned any more. */
  readonly now: Date;
  /** Minutes before an event's start at which its nodes are started; a node needs about three. @default 30 */
  readonly leadMinutes?: number;
}

const KEEP = -1;

/**
 * Nodes that stand ready before announced visitors come, and go after them.
 *
 * The autoscaler works inside the group's limits, so raising the minimum is enough to keep it from removing the nodes.
 *
 * AWS forgets a one-time action once it has run and refuses one in the past. An action is therefore only written
 * while it lies ahead of `now`: without that, the first plan after an event would try to create it again and fail.
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
        // Times of one-time actions are UTC whatever `time_zone` says, so the zone is resolved here.
        startTime: change.at.toISOString().replace(/\.\d{3}Z$/, "Z"),
        minSize: change.minSize,
        maxSize: change.maxSize,
        desiredCapacity: change.desiredSize ?? KEEP,
      });
    }
  }
}
