import { AutoscalingGroup } from "@cdktf/provider-aws/lib/autoscaling-group/index.js";
import { LaunchTemplate } from "@cdktf/provider-aws/lib/launch-template/index.js";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { Vpc } from "@cdktf/provider-aws/lib/vpc/index.js";
import { describe, expect, it } from "vitest";
import { findings, TAGS } from "../../../test/policy-check.js";
import { requiredTags } from "./required-tags.js";

const { Owner: _, ...WITHOUT_OWNER } = TAGS;

describe("required-tags", () => {
  it("refuses a provider that does not tag what it makes", () => {
    const found = findings(requiredTags, (stack) => {
      new AwsProvider(stack, "bare", { alias: "bare" });
      new AwsProvider(stack, "half", { alias: "half", defaultTags: [{ tags: WITHOUT_OWNER }] });
    });
    expect(found).toEqual([
      "bare lacks Owner, Environment, ManagedBy, Project in its default tags, which every resource inherits",
      "half lacks Owner in its default tags, which every resource inherits",
    ]);
  });

  it("refuses a resource that overrides a required tag", () => {
    const vpc = (tags: Record<string, string>) =>
      findings(requiredTags, (stack) => new Vpc(stack, "vpc", { tags }));
    expect(vpc({ Owner: "", Environment: "other" })).toEqual(["vpc overrides Owner, Environment"]);
    expect(vpc({ Name: "vpc", Owner: "DevOps" })).toEqual([]);
  });

  it("refuses a launch template that leaves what it starts without tags", () => {
    const template = (...kinds: string[]) =>
      findings(requiredTags, (stack) => {
        const tagSpecifications = kinds.map((resourceType) => ({ resourceType, tags: TAGS }));
        new LaunchTemplate(stack, "template", { tagSpecifications });
      });
    expect(template("instance", "network-interface")).toEqual([
      "template lacks Owner, Environment, ManagedBy, Project in the tag specification of what it starts (volume)",
    ]);
    expect(template("instance", "volume", "network-interface")).toEqual([]);
  });

  it("refuses an autoscaling group without tag blocks", () => {
    const group = (tags: Record<string, string>) =>
      findings(requiredTags, (stack) => {
        const tag = Object.entries(tags).map(([key, value]) => ({ key, value, propagateAtLaunch: true }));
        new AutoscalingGroup(stack, "group", { minSize: 0, maxSize: 1, tag });
      });
    expect(group(WITHOUT_OWNER)).toEqual([
      "group lacks Owner in its tag blocks, which default tags do not reach",
    ]);
    expect(group({ ...TAGS, Owner: "" })).toEqual(group(WITHOUT_OWNER));
    expect(group(TAGS)).toEqual([]);
  });
});
