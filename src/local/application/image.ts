/** One stage of a Dockerfile. */
interface Stage {
  readonly name: string | undefined;
  readonly from: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The environment that an image gives its programs, read from its Dockerfile: what `ENV` says in the stage that is built, and
 * in those of the same file that it begins with. What a base image brings is not in it.
 *
 * @param target the stage's name
 * @throws Error when there is no such stage
 * @see https://docs.docker.com/reference/dockerfile/#env
 */
export function environmentOfImage(dockerfile: string, target: string): Record<string, string> {
  const stages = stagesOf(dockerfile);
  const stage = stages.find(({ name }) => name === target);
  if (stage === undefined) throw new Error(`The Dockerfile has no stage ${target}.`);
  const base = stages.some(({ name }) => name === stage.from)
    ? environmentOfImage(dockerfile, stage.from)
    : {};
  return { ...base, ...stage.env };
}

function stagesOf(dockerfile: string): Stage[] {
  const [, ...stages] = instructionsOf(dockerfile).split(/^FROM /im);
  return stages.map((text) => {
    const [, from = "", name] = /^(?:--\S+ +)*(\S+)(?: +AS +(\S+))?/i.exec(text) ?? [];
    const settings = [...text.matchAll(/^ENV (.+)$/gim)].flatMap(([, line = ""]) => settingsOf(line));
    return { name, from, env: Object.fromEntries(settings) };
  });
}

/** The text without comments, with continued lines made one. */
function instructionsOf(dockerfile: string): string {
  return dockerfile.replaceAll(/^\s*#.*\n/gm, "").replaceAll(/\\\n\s*/g, " ");
}

/** `NAME=value OTHER="value with spaces"`. */
function settingsOf(line: string): [string, string][] {
  const settings = line.matchAll(/([A-Za-z_]\w*)=(?:"([^"]*)"|(\S*))/g);
  return [...settings].map(([, name = "", quoted, plain]) => [name, quoted ?? plain ?? ""]);
}
