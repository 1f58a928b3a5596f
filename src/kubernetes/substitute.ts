/** A text with its variables replaced. */
export interface Substituted {
  readonly text: string;
  /** Names that were asked for. */
  readonly used: ReadonlySet<string>;
  /** Names that have no value, and expressions that Flux would not understand. */
  readonly undefined: readonly string[];
}

/** `$${…}` stays, as `${…}`; `${NAME}`, and `${NAME:=default}` or `${NAME:-default}`, are replaced. */
const EXPRESSION = /\$\$\{|\$\{([^}]*)\}/g;

const NAME = /^([_A-Za-z][_A-Za-z0-9]*)(?::[=-](.*))?$/s;

/**
 * Replaces `${…}` as Flux does after the build, in its strict mode: a name without a value is an error.
 *
 * @see https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution
 */
export function substitute(text: string, values: Readonly<Record<string, string>>): Substituted {
  const used = new Set<string>();
  const missing: string[] = [];
  const replaced = text.replace(EXPRESSION, (expression: string, inner: string | undefined) => {
    if (inner === undefined) return "${";
    const [, name, fallback] = NAME.exec(inner) ?? [];
    if (name === undefined) {
      missing.push(expression);
      return expression;
    }
    used.add(name);
    const value = values[name] ?? fallback;
    if (value === undefined) missing.push(name);
    return value ?? expression;
  });
  return { text: replaced, used, undefined: missing };
}

/** Whether an object opts out, by label or annotation. */
export function isLeftAlone(text: string): boolean {
  return /^\s*kustomize\.toolkit\.fluxcd\.io\/substitute: "?disabled"?\s*$/m.test(text);
}
