/** `error` stops the command, `warning` does not, `ok` reports a check that passed. */
export type Severity = "error" | "warning" | "ok";

/** Place that a diagnostic is about. */
export interface Location {
  /** File, stack, environment or region; reports group by it. @default the command as a whole */
  readonly source?: string | undefined;
  /** Field, construct, object or resource in the source. @default the source as a whole */
  readonly subject?: string | undefined;
}

/** Result of one check: the type that configuration, policy, manifests, capacity and failover share. */
export interface Diagnostic {
  readonly severity: Severity;
  /** Id of the check in kebab-case, such as `log-retention`. */
  readonly check: string;
  readonly where: Location;
  /** The error or violation: one sentence without a full stop, which continues the subject ("has no retention"). */
  readonly summary: string;
  /** Values that are allowed, with unit and limits. @default left out of the report */
  readonly allowed?: string | undefined;
  /** Reason for the check. @default left out of the report */
  readonly reason?: string | undefined;
  /** Advice, in the imperative. @default left out of the report */
  readonly hint?: string | undefined;
}

/** Diagnostics as text: one paragraph per source, each diagnostic with its labelled details. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const bySource = new Map<string, Diagnostic[]>();
  for (const diagnostic of diagnostics) {
    const source = diagnostic.where.source ?? "";
    const group = bySource.get(source);
    if (group === undefined) bySource.set(source, [diagnostic]);
    else group.push(diagnostic);
  }
  return [...bySource]
    .map(([source, group]) => [...(source === "" ? [] : [source]), ...group.map(formatDiagnostic)].join("\n"))
    .join("\n\n");
}

/** One diagnostic without its source: a heading, and a line for each detail. */
export function formatDiagnostic({ check, where, summary, ...details }: Diagnostic): string {
  const heading = where.subject === undefined ? summary : `${where.subject}: ${summary}`;
  const labelled = [
    ["allowed:", details.allowed],
    ["why:", details.reason],
    ["fix:", details.hint],
  ] as const;
  return [
    `  ${heading} [${check}]`,
    ...labelled.flatMap(([label, text]) =>
      text === undefined ? [] : [`    ${label.padEnd(8)} ${indented(text)}`],
    ),
  ].join("\n");
}

/** Aligns the further lines of a detail with its first. */
function indented(text: string): string {
  return text.replaceAll("\n", `\n${" ".repeat(13)}`);
}

/** Number of failed checks in words: "3 of 9 checks failed." */
export function failedChecks(diagnostics: readonly Diagnostic[]): string {
  const failed = diagnostics.filter(hasFailed).length;
  return `${failed} of ${count(diagnostics.length, "check")} failed.`;
}

/** Returns whether a diagnostic makes its command fail. */
export function hasFailed({ severity }: Diagnostic): boolean {
  return severity === "error";
}

/** A number with its noun: "1 error", "2 errors". */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
