import { parse } from "@cdktf/hcl2json";

/** String of a stack that Terraform evaluates as a template. */
export interface Template {
  /** Path in the JSON, such as `resource.helm_release.flux.values.0`. The path of a key ends with the key itself. */
  readonly path: string;
  readonly text: string;
}

/** Template that is not valid HCL. */
export interface TemplateFault extends Template {
  /** Message of the parser. */
  readonly message: string;
}

/** Members with this name are comments in Terraform's JSON syntax. */
const COMMENT = "//";

/**
 * Returns all values and keys in a stack's JSON that contain a template. Terraform evaluates both.
 *
 * @see https://developer.hashicorp.com/terraform/language/syntax/json#expression-mapping
 */
export function templatesOf(json: unknown): Template[] {
  return stringsOf(json, "").filter(({ text }) => /[$%]\{/.test(text));
}

function stringsOf(value: unknown, path: string): Template[] {
  if (typeof value === "string") return [{ path, text: value }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    if (key === COMMENT) return [];
    const memberPath = path === "" ? key : `${path}.${key}`;
    return [{ path: memberPath, text: key }, ...stringsOf(member, memberPath)];
  });
}

/**
 * Returns the templates that an HCL parser rejects.
 *
 * Parses all templates at once, and each one separately only if that fails.
 */
export async function faultsOf(templates: readonly Template[]): Promise<TemplateFault[]> {
  if ((await faultIn(templates.map(({ text }) => text))) === undefined) return [];
  const faults: TemplateFault[] = [];
  for (const template of templates) {
    const message = await faultIn([template.text]);
    if (message !== undefined) faults.push({ ...template, message });
  }
  return faults;
}

async function faultIn(texts: readonly string[]): Promise<string | undefined> {
  try {
    await parse("templates.tf", asConfiguration(texts));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Writes templates as attributes in HCL.
 *
 * A string in Terraform's JSON is a template without quotation marks: a backslash is a backslash, a line break is
 * a line break, and only `${` and `%{` are special. In HCL the same rules hold inside a heredoc.
 */
export function asConfiguration(texts: readonly string[]): string {
  let marker = "END";
  while (texts.some((text) => text.includes(marker))) marker += "_END";
  return texts.map((text, index) => `template_${index} = <<${marker}\n${text}\n${marker}\n`).join("");
}

/**
 * Returns the value that a template `${jsonencode(…)}` encodes. References inside its strings stay text, such as
 * `${var.github_owner}`.
 *
 * @throws Error when the text is another kind of template, or when a value is a reference outside a string
 */
export function decodeJsonencode(template: string): unknown {
  const argument = /^\$\{jsonencode\((.*)\)\}$/s.exec(template)?.[1];
  if (argument === undefined) throw new Error(`expected \${jsonencode(…)}, got ${template}`);
  return JSON.parse(
    argument.replaceAll(/"(?:[^"\\]|\\.)*"| = /gs, (part) =>
      part === " = " ? ":" : part.replaceAll("$${", "${").replaceAll("%%{", "%{"),
    ),
  );
}
