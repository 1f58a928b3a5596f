import type { Finding, Rule } from "../refusal.js";
import { type Arguments, type Block, isArguments, nested, type StackView } from "../stack-view.js";

/** What a launch template starts, each tagged by a specification of its own. */
const LAUNCHED = ["instance", "volume", "network-interface"];

/** Refuses AWS resources that would not bear the tags that say whose they are. */
export const requiredTags = {
  id: "required-tags",
  why: "costs, alarms and clean-ups are told apart by these tags, and nobody knows whom to ask about what bears none",
  remedy: "pass tagsOf(environment) of src/config/tags.ts",
  check: (stack) => [
    ...stack.providers
      .filter(({ type }) => type === "aws")
      .flatMap((provider) => providerFindings(stack, provider)),
    ...stack.resources.flatMap((resource) => overrides(stack, resource)),
    ...stack.ofType("aws_launch_template").flatMap((template) => launchFindings(stack, template)),
    ...stack.ofType("aws_autoscaling_group").flatMap((group) => groupFindings(stack, group)),
  ],
} satisfies Rule;

function missing(stack: StackView, tags: Arguments): string[] {
  return stack.requiredTags.filter((tag) => typeof tags[tag] !== "string" || tags[tag] === "");
}

function finding({ path, type }: Block, tags: readonly string[], where: string): Finding[] {
  return tags.length === 0 ? [] : [{ path, type, what: `lacks ${tags.join(", ")} ${where}` }];
}

function defaultTags(provider: Block): Arguments {
  return Object.assign(
    {},
    ...nested(provider.arguments, "default_tags").map(({ tags }) => (isArguments(tags) ? tags : {})),
  );
}

function providerFindings(stack: StackView, provider: Block): Finding[] {
  return finding(
    provider,
    missing(stack, defaultTags(provider)),
    "in its default tags, which every resource inherits",
  );
}

/** A resource's own tags win over the provider's: a required one among them must say the same. */
function overrides(stack: StackView, resource: Block): Finding[] {
  const tags: unknown = Reflect.get(resource.construct, "tagsInput");
  if (!isArguments(tags)) return [];
  const overridden = stack.requiredTags.filter(
    (tag) => tag in tags && !isDefault(stack, resource, tag, tags[tag]),
  );
  if (overridden.length === 0) return [];
  const { path, type } = resource;
  return [
    {
      path,
      type,
      what: `overrides ${overridden.join(", ")}`,
      remedy: "leave these tags to the provider's default tags",
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

/** Default tags reach the template, but nothing that it starts. */
function launchFindings(stack: StackView, template: Block): Finding[] {
  const specifications = nested(template.arguments, "tag_specifications");
  return LAUNCHED.flatMap((kind) => {
    const tags = specifications.find((specification) => specification.resource_type === kind)?.tags;
    return finding(
      template,
      missing(stack, isArguments(tags) ? tags : {}),
      `in the tag specification of what it starts (${kind})`,
    );
  });
}

/** Default tags do not reach an autoscaling group, whose tags are blocks. */
function groupFindings(stack: StackView, group: Block): Finding[] {
  const tags = Object.fromEntries(
    nested(group.arguments, "tag").map(({ key, value }): [string, unknown] => [String(key), value]),
  );
  return finding(group, missing(stack, tags), "in its tag blocks, which default tags do not reach");
}
