import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Summary, summarize } from "../src/pipeline/summary.js";
import { type Plan, parsePlan } from "../src/terraform/plan-json.js";

/** Shortened JSON plans of Terraform against the emulated AWS, recorded by `real-plans.e2e.test.ts`. */
export const PLANS_FOLDER = fileURLToPath(new URL("./fixtures/plans", import.meta.url));

/** Names of the recorded plans. */
export const recordedPlans = () =>
  readdirSync(PLANS_FOLDER)
    .filter((name) => name.endsWith(".json"))
    .map((name) => basename(name, ".json"))
    .sort();

export function recordedPlanFile(name: string): string {
  return join(PLANS_FOLDER, `${name}.json`);
}

/** Reads a recorded plan. @param name - such as `replace` */
export function recordedPlan(name: string): Plan {
  return parsePlan(readFileSync(recordedPlanFile(name), "utf8"), name);
}

/** Summary of a recorded plan, with the URL that its run would have. */
export function recordedSummary(name: string, stack = `notejam-${name}`): Summary {
  return summarize(
    stack,
    recordedPlan(name),
    `https://app.terraform.io/app/example-notes/${stack}/runs/run-1`,
  );
}

/**
 * Values that must never leave a plan, in typical places: one sensitive, one ephemeral, and several that Terraform
 * treats as ordinary text.
 */
export const CANARIES = {
  sensitive: "CANARY-sensitive-5d1f",
  ephemeral: "CANARY-ephemeral-88c2",
  policy: "CANARY-policy-e07b",
  userData: "CANARY-user-data-41aa",
  tag: "CANARY-tag-c93e",
  tagKey: "CANARY-tag-key-0b66",
  output: "CANARY-output-f2d4",
  error: "CANARY-error-97e5",
} as const;

/** Canaries that a text contains, in any encoding of a plan. */
export function canariesIn(text: string): string[] {
  return Object.entries(CANARIES)
    .filter(([, canary]) =>
      [canary, Buffer.from(canary).toString("base64")].some((form) => text.includes(form)),
    )
    .map(([name]) => name);
}
