import type { Rule, Violation } from "../rule.js";
import { type Arguments, type Block, isArguments, nested, type StackView } from "../stack-view.js";

/** Resource types that a launch template creates; each has its own tag specification. */
const LAUNCHED = ["instance", "volume", "network-interface"];

/** AWS resources must have the tags for ownership and cost allocation. */
export const requiredTags = {
  id: "required-tags",
  reason:
    "cost reports, alarms and clean-up select resources by these tags, and Owner names the responsible team",
  hint: "pass tagsOf(environment) of src/config/tags.ts",
  check: (stack) => [
    ...stack.providers
      .filter(({ type }) => type === "aws")
      .flatMap((provider) => checkProvider(stack, provider)),
    ...stack.resources.flatMap((resource) => overrides(stack, resource)),
    ...stack.ofType("aws_launch_template").flatMap((template) => checkLaunchTemplate(stack, template)),
    ...stack.ofType("aws_autoscaling_group").flatMap((group) => checkAutoScalingGroup(stack, group)),
  ],
} satisfies Rule;

function missing(stack: StackView, tags: Arguments): string[] {
  return stack.requiredTags.filter((tag) => typeof tags[tag] !== "string" || tags[tag] === "");
}

function missingTags(block: Block, tags: readonly string[], place: string): Violation[] {
  return tags.length === 0 ? [] : [{ block, summary: `lacks ${tags.join(", ")} ${place}` }];
}

function defaultTags(provider: Block): Arguments {
  return Object.assign(
    {},
    ...nested(provider.arguments, "default_tags").map(({ tags }) => (isArguments(tags) ? tags : {})),
  );
}

function checkProvider(stack: StackView, provider: Block): Violation[] {
  return missingTags(provider, missing(stack, defaultTags(provider)), "in its default tags");
}

/** Tags of a resource override the default tags of the provider, so required tags must have the same value. */
function overrides(stack: StackView, resource: Block): Violation[] {
  const tags: unknown = Reflect.get(resource.construct, "tagsInput");
  if (!isArguments(tags)) return [];
  const overridden = stack.requiredTags.filter(
    (tag) => tag in tags && !isDefault(stack, resource, tag, tags[tag]),
  );
  if (overridden.length === 0) return [];
  return [
    {
      block: resource,
      summary: `overrides ${overridden.join(", ")}`,
      hint: "remove these tags: the provider's default tags set them",
    },
  ];
}

function isDefault(stack: StackView, resource: Block, tag: string, value: unknown): boolean {
  return stack.providers
    .filter(
      ({ type, construct }) =>
        type === "aws" && (resource.provider === undefined || construct === resource.provider),
    )
    .every((provider) => defaultTags(provider)[tag] === value);
}

/** Default tags apply to the launch template, not to the resources that it creates. */
function checkLaunchTemplate(stack: StackView, template: Block): Violation[] {
  const specifications = nested(template.arguments, "tag_specifications");
  return LAUNCHED.flatMap((kind) => {
    const tags = specifications.find((specification) => specification.resource_type === kind)?.tags;
    return missingTags(
      template,
      missing(stack, isArguments(tags) ? tags : {}),
      `in its tag specification for ${kind}`,
    );
  });
}

/** Default tags do not apply to an Auto Scaling group, whose tags are blocks. */
function checkAutoScalingGroup(stack: StackView, group: Block): Violation[] {
  const tags = Object.fromEntries(
    nested(group.arguments, "tag").map(({ key, value }): [string, unknown] => [String(key), value]),
  );
  return missingTags(group, missing(stack, tags), "in its tag blocks");
}
