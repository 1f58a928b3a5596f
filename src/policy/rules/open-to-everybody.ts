import type { Rule } from "../refusal.js";
import { policiesOf } from "../statements.js";

/** Refuses policies on resources, and trusts of roles, that admit everybody without a condition. */
export const openToEverybody = {
  id: "open-to-everybody",
  why: 'the principal "*" means every AWS account in the world, and on buckets everybody without one',
  remedy: "name the service, account or role that needs it, or add a condition such as aws:SourceAccount",
  check: (stack) =>
    policiesOf(stack)
      .filter(({ on }) => on === "resource")
      .filter(({ statements }) =>
        statements.some(({ allow, everybody, conditional }) => allow && everybody && !conditional),
      )
      .map(({ block: { path, type }, argument }) => ({
        path,
        type,
        what: `admits everybody without a condition (${argument})`,
      })),
} satisfies Rule;
