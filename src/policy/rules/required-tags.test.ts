import { AutoscalingGroup } from "@cdktf/provider-aws/lib/autoscaling-group/index.js";
import { LaunchTemplate } from "@cdktf/provider-aws/lib/launch-template/index.js";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { Vpc } from "@cdktf/provider-aws/lib/vpc/index.js";
import { describe, expect, it } from "vitest";
import { TAGS, violations } from "../../../test/policy-check.js";
import { requiredTags } from "./required-tags.js";

const { Owner: _, ...WITHOUT_OWNER } = TAGS;

describe("required-tags", () => {
  it("rejects a provider without the default tags", () => {
    const found = violations(requiredTags, (stack) => {
      new AwsProvider(stack, "bare", { alias: "bare" });
      new AwsProvider(stack, "half", { alias: "half", defaultTags: [{ tags: WITHOUT_OWNER }] });
    });
    expect(found).toEqual([
      "bare lacks Owner, Environment, ManagedBy, Project in its default tags",
      "half lacks Owner in its default tags",
    ]);
  });

  it("rejects a resource that overrides a required tag", () => {
    const vpc = (tags: Record<string, string>) =>
      violations(requiredTags, (stack) => new Vpc(stack, "vpc", { tags }));
    expect(vpc({ Owner: "", Environment: "other" })).toEqual(["vpc overrides Owner, Environment"]);
    expect(vpc({ Name: "vpc", Owner: "DevOps" })).toEqual([]);
  });

  it("rejects a launch template without tag specifications", () => {
    const template = (...kinds: string[]) =>
      violations(requiredTags, (stack) => {
        const tagSpecifications = kinds.map((resourceType) => ({ resourceType, tags: TAGS }));
        new LaunchTemplate(stack, "template", { tagSpecifications });
      });
    expect(template("instance", "network-interface")).toEqual([
      "template lacks Owner, Environment, ManagedBy, Project in its tag specification for volume",
    ]);
    expect(template("instance", "volume", "network-interface")).toEqual([]);
  });

  it("rejects an Auto Scaling group without tag blocks", () => {
    const group = (tags: Record<string, string>) =>
      violations(requiredTags, (stack) => {
        const tag = Object.entries(tags).map(([key, value]) => ({ key, value, propagateAtLaunch: true }));
        new AutoscalingGroup(stack, "group", { minSize: 0, maxSize: 1, tag });
      });
    expect(group(WITHOUT_OWNER)).toEqual(["group lacks Owner in its tag blocks"]);
    expect(group({ ...TAGS, Owner: "" })).toEqual(group(WITHOUT_OWNER));
    expect(group(TAGS)).toEqual([]);
  });
});
