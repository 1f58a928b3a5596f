/** Text with replaced variables. */
export interface Substituted {
  readonly text: string;
  /** Names of all variables in the text. */
  readonly used: ReadonlySet<string>;
  /** Variables without a value, and expressions that Flux does not support. */
  readonly undefined: readonly string[];
}

/** Matches `$${…}`, which is an escaped `${…}`, and `${NAME}`, `${NAME:=default}` and `${NAME:-default}`. */
const EXPRESSION = /\$\$\{|\$\{([^}]*)\}/g;

const NAME = /^([_A-Za-z][_A-Za-z0-9]*)(?::[=-](.*))?$/s;

/**
 * Substitutes variables like Flux after the build, in strict mode: a variable without a value is an error.
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

/** Returns whether an object opts out of substitution by label or annotation. */
export function isLeftAlone(text: string): boolean {
  return /^\s*kustomize\.toolkit\.fluxcd\.io\/substitute: "?disabled"?\s*$/m.test(text);
}
