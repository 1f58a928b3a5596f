import { getExpressionAst } from "@cdktf/hcl2json";
import { beforeAll, describe, expect, it } from "vitest";
import { needs } from "./required-tools.js";
import { repositoryConfiguration, stackNamed, synthesizeApp } from "./synthesized-app.js";
import type { Synthesized } from "./synthesized-constructs.js";
import { validate } from "./terraform-evaluation.js";
import { asConfiguration, templatesOf } from "./terraform-templates.js";

type Ast = NonNullable<Awaited<ReturnType<typeof getExpressionAst>>>;

/** Value of any type, unknown until the apply. It replaces each reference to another block. */
const UNKNOWN = "terraform_data.unknown.output";
const RESOURCE = { terraform_data: { unknown: {} } };

/**
 * Returns a configuration without providers that contains each template of a stack as a local value.
 *
 * Terraform then checks more than the syntax: the names of functions, the number of their arguments, and the types of
 * the literals among them.
 */
async function withoutProviders(
  stack: Synthesized,
): Promise<{ locals: Record<string, string>; resource: object }> {
  const locals: Record<string, string> = {};
  for (const { text } of templatesOf(stack.json)) {
    locals[`template_${Object.keys(locals).length}`] = await withoutReferences(text);
  }
  return { locals, resource: RESOURCE };
}

/** Returns a template in which `UNKNOWN` replaces each reference. */
async function withoutReferences(template: string): Promise<string> {
  const [, heredoc = ""] = /^template_0 = (.*)$/s.exec(asConfiguration([template])) ?? [];
  const ast = await getExpressionAst("template.tf", heredoc);
  if (ast === null) throw new Error(`${template} is not an expression`);
  const bytes = Buffer.from(heredoc);
  const parts: Buffer[] = [];
  let copied = 0;
  for (const { start, end } of referencesIn(ast)) {
    parts.push(bytes.subarray(copied, start), Buffer.from(UNKNOWN));
    copied = end;
  }
  const text = Buffer.concat([...parts, bytes.subarray(copied)]).toString();
  return text.slice(text.indexOf("\n") + 1, text.trimEnd().lastIndexOf("\n"));
}

/** Returns the byte ranges of all references to other blocks, in ascending order. */
function referencesIn(ast: Ast): { start: number; end: number }[] {
  if (ast.type === "scopeTraversal") return [{ start: ast.range.start.byte, end: ast.range.end.byte }];
  return ast.children.flatMap(referencesIn).sort((a, b) => a.start - b.start);
}

describe("terraform validate", needs("terraform"), () => {
  let stacks: ReadonlyMap<string, Synthesized>;
  beforeAll(async () => {
    stacks = synthesizeApp(await repositoryConfiguration());
  });

  it.each(["bootstrap", "dev", "dev-gitops", "prod", "prod-gitops"])(
    "accepts every template of notejam-%s",
    async (name) => {
      const configuration = await withoutProviders(stackNamed(stacks, `notejam-${name}`));
      expect(Object.keys(configuration.locals).length).toBeGreaterThan(50);
      expect(validate(configuration)).toEqual([]);
    },
  );

  it("rejects invalid templates", () => {
    for (const [text, message] of [
      ['${jsonencode({"a" = "b"c"})}', "Missing attribute separator"],
      ["${no_such_function(1)}", "no_such_function"],
      ["${join(1, 2)}", "Invalid function argument"],
      ["${nothing.there}", "undeclared resource"],
    ] as const) {
      expect(validate({ locals: { text }, resource: RESOURCE })).toEqual([expect.stringContaining(message)]);
    }
  });
});
