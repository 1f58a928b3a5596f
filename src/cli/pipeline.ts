import type { LazyCommand } from "./command.js";

/** Commands that the GitHub workflows run; each also runs by hand. */
export const PIPELINE_COMMANDS: readonly LazyCommand[] = [
  {
    name: "environments",
    summary: "list the environments of the workflows' matrices",
    load: () => import("./pipeline/environments.js"),
  },
  {
    name: "changed-stacks",
    summary: "list the stacks that differ between two syntheses",
    load: () => import("./pipeline/changed-stacks.js"),
  },
  {
    name: "plan",
    summary: "plan a stack in HCP Terraform and write a summary",
    load: () => import("./pipeline/plan.js"),
  },
  {
    name: "summarize",
    summary: "write the summary of a plan file in JSON",
    load: () => import("./pipeline/summarize.js"),
  },
  {
    name: "comment",
    summary: "write the plan comment of a pull request",
    load: () => import("./pipeline/comment.js"),
  },
  { name: "drift", summary: "update the issue about drift", load: () => import("./pipeline/drift.js") },
  { name: "apply", summary: "apply a stack in HCP Terraform", load: () => import("./pipeline/apply.js") },
  {
    name: "supersede",
    summary: "cancel earlier workflow runs that wait for approval",
    load: () => import("./pipeline/supersede.js"),
  },
  {
    name: "image-tag",
    summary: "print the image tags of a build",
    load: () => import("./pipeline/image-tag.js"),
  },
  {
    name: "promotion-check",
    summary: "check whether an image may be released",
    load: () => import("./pipeline/promotion-check.js"),
  },
  {
    name: "copy-image",
    summary: "copy an image to another repository",
    load: () => import("./pipeline/copy-image.js"),
  },
];
