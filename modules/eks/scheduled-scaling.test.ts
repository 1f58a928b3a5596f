import { describe, expect, it } from "vitest";
import { synthesize } from "../../test/synthesized-constructs.js";
import { ScheduledScaling } from "./scheduled-scaling.js";

const event = {
  name: "new-year",
  start: new Date("2026-12-31T17:00Z"),
  end: new Date("2027-01-01T02:00Z"),
  nodes: 12,
};

function schedulesAt(now: string) {
  return synthesize((scope) => {
    new ScheduledScaling(scope, "events", {
      autoscalingGroupName: "asg-apps",
      minSize: 3,
      maxSize: 9,
      events: [event],
      now: new Date(now),
    });
  }).resources("aws_autoscaling_schedule");
}

describe("ScheduledScaling", () => {
  it("starts nodes half an hour early, and lets the autoscaler remove them afterwards", () => {
    const [after, before] = schedulesAt("2026-11-01T00:00:00Z");
    expect(before).toMatchObject({
      scheduled_action_name: "new-year-before",
      autoscaling_group_name: "asg-apps",
      start_time: "2026-12-31T16:30:00Z",
      min_size: 12,
      max_size: 12,
      desired_capacity: 12,
    });
    expect(after).toMatchObject({
      scheduled_action_name: "new-year-after",
      start_time: "2027-01-01T02:00:00Z",
      min_size: 3,
      max_size: 9,
      desired_capacity: -1,
    });
  });

  it("plans only the decrease during the event, and nothing after it", () => {
    expect(schedulesAt("2026-12-31T20:00:00Z").map((action) => action.scheduled_action_name)).toEqual([
      "new-year-after",
    ]);
    expect(schedulesAt("2027-01-02T00:00:00Z")).toEqual([]);
  });
});
