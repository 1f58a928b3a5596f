import type { Rule } from "../rule.js";
import { policiesOf } from "../statements.js";

/** Resource policies and trust policies of roles must not allow the principal "*" without a condition. */
export const publicPrincipal = {
  id: "public-principal",
  reason: 'the principal "*" is every AWS account, and on buckets also anonymous requests',
  hint: "name the service, account or role that needs it, or add a condition such as aws:SourceAccount",
  check: (stack) =>
    policiesOf(stack)
      .filter(({ on }) => on === "resource")
      .filter(({ statements }) =>
        statements.some(({ allow, anyPrincipal, conditional }) => allow && anyPrincipal && !conditional),
      )
      .map(({ block, argument }) => ({
        block,
        summary: `allows any principal without a condition (${argument})`,
      })),
} satisfies Rule;
