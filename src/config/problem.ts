/** One thing that is wrong in a configuration file, told so that its author can put it right. */
export interface Problem {
  /** The file, as a path from the working directory. */
  readonly file: string;
  /** The field's path in the file, such as `nodeGroups.apps.max`; undefined when the file as a whole is meant. */
  readonly field?: string | undefined;
  /** The value found there; undefined when it is missing. */
  readonly value?: unknown;
  /** What is allowed, and why when that is not plain. */
  readonly rule: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** A problem before it is known in which file it was found. */
export type Finding = Omit<Problem, "file">;

/** Everything that is wrong in the configuration; its message is meant for people and is all they need. */
export class ConfigurationError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(describeProblems(problems));
    this.name = "ConfigurationError";
    this.problems = problems;
  }
}

const LONGEST_VALUE = 80;

function describeProblems(problems: readonly Problem[]): string {
  const byFile = new Map<string, Problem[]>();
  for (const problem of problems) byFile.set(problem.file, [...(byFile.get(problem.file) ?? []), problem]);
  const sections = [...byFile].map(([file, found]) => `${file}\n${found.map(describeProblem).join("\n")}`);
  return `The configuration has ${count(problems.length, "problem")} in ${count(byFile.size, "file")}:\n\n${sections.join("\n\n")}`;
}

function describeProblem({ field, value, rule, remedy }: Problem): string {
  const where = field === undefined ? [] : [`  ${field}: ${describeValue(value)}`];
  return [...where, `    rule:   ${rule}`, `    remedy: ${remedy}`].join("\n");
}

function describeValue(value: unknown): string {
  if (value === undefined) return "(missing)";
  const text = typeof value === "object" || typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE - 1)}…`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
