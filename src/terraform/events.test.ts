import { describe, expect, it } from "vitest";
import { describeDiagnostic, parseEvent } from "./events.js";

describe("Terraform's events", () => {
  it("are read as Terraform 1.11 writes them", () => {
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

describe("an error of Terraform", () => {
  const error = {
    severity: "error",
    summary: "creating role",
    detail: "",
    address: "aws_iam_role.app",
  } as const;

  it("starts with the resource it is about", () => {
    expect(describeDiagnostic(error)).toBe("aws_iam_role.app: creating role");
  });

  it("has its detail indented below, without empty lines and not twice", () => {
    expect(describeDiagnostic({ ...error, detail: "one\n\ntwo\n" })).toBe(
      "aws_iam_role.app: creating role\n    one\n    two",
    );
    expect(describeDiagnostic({ ...error, detail: "creating role" })).toBe("aws_iam_role.app: creating role");
  });
});
