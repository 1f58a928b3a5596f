import { describe, expect, it } from "vitest";
import { parseEvent } from "./events.js";

describe("Terraform's events", () => {
  it("are parsed as Terraform 1.11 prints them", () => {
    const line =
      '{"@level":"info","@message":"aws_sns_topic.t: Creation complete after 0s","type":"apply_complete","hook":{"resource":{"addr":"aws_sns_topic.t","module":"","resource":"aws_sns_topic.t","implied_provider":"aws","resource_type":"aws_sns_topic","resource_name":"t","resource_key":null},"action":"create","id_key":"id","id_value":"arn","elapsed_seconds":2}}';
    expect(parseEvent(line)).toEqual({
      type: "apply_complete",
      hook: { resource: { addr: "aws_sns_topic.t" }, action: "create", elapsed_seconds: 2 },
    });
  });

  it.each(["", "plain text", "{broken", '{"type":"version","terraform":"1.11.4"}'])("ignore %j", (line) => {
    expect(parseEvent(line)).toBeUndefined();
  });
});
