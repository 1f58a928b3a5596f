import { describe, expect, it } from "vitest";
import { synthesize } from "../../test/synthesized-constructs.js";
import { Alarms } from "./alarms.js";
import type { AlarmCondition } from "./conditions/condition.js";
import { serviceConditions } from "./conditions/service.js";

const QUEUE: AlarmCondition = {
  id: "queue-old",
  runbookPage: "queue",
  whatToDo: "Messages are not processed. Check the consumers.",
  metric: {
    namespace: "AWS/SQS",
    metricName: "ApproximateAgeOfOldestMessage",
    dimensions: { QueueName: "jobs" },
    periodSeconds: 60,
    statistic: "Maximum",
  },
  threshold: 600,
  periods: { breaching: 5, of: 5 },
};
const THRESHOLDS = { errorPercent: 2, minimumRequestsPerMinute: 50, unavailablePerMinute: 10, p95Seconds: 3 };

const alarmsWith = (causes: readonly AlarmCondition[]) =>
  synthesize(
    (scope) =>
      new Alarms(scope, "alarms", {
        name: "shop",
        topicArn: "topic",
        runbook: "https://example.com/runbook",
        symptoms: serviceConditions("app/shop/1", THRESHOLDS),
        causes,
      }),
  );

describe("Alarms", () => {
  const stack = alarmsWith([QUEUE]);

  it("uses the given thresholds", () => {
    const threshold = (id: RegExp) => stack.one("aws_cloudwatch_metric_alarm", id).threshold;
    expect([/errors/, /unavailable/, /slow/, /queue/].map(threshold)).toEqual([2, 10, 3, 600]);
    const errors = stack.one("aws_cloudwatch_metric_alarm", /errors/);
    expect(JSON.stringify(errors.metric_query)).toContain("requests >= 50");
  });

  it("sends messages for the composite alarm and for causes, not for symptoms", () => {
    expect(stack.one("aws_cloudwatch_composite_alarm").alarm_actions).toEqual(["topic"]);
    expect(stack.one("aws_cloudwatch_metric_alarm", /queue/).alarm_actions).toEqual(["topic"]);
    expect(stack.one("aws_cloudwatch_metric_alarm", /errors/).alarm_actions).toEqual([]);
  });

  it("links to the page and heading of the runbook", () => {
    const description = (id: RegExp) => stack.one("aws_cloudwatch_metric_alarm", id).alarm_description;
    expect(description(/queue/)).toBe(
      "Messages are not processed. Check the consumers. Runbook: https://example.com/runbook/queue.md#queue-old",
    );
    expect(description(/slow/)).toMatch(/runbook\/service\.md#service-impaired$/);
  });

  it("keeps the construct id of an alarm that was renamed", () => {
    const renamed = alarmsWith([{ ...QUEUE, name: "queue-stuck" }]).one(
      "aws_cloudwatch_metric_alarm",
      /queue-old/,
    );
    expect(renamed.alarm_name).toBe("shop-queue-stuck");
    expect(renamed.alarm_description).toMatch(/#queue-stuck$/);
  });
});
