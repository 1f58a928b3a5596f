/** Stage of a Dockerfile. */
interface Stage {
  readonly name: string | undefined;
  readonly from: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Returns the environment variables of an image from its Dockerfile: `ENV` of the target stage and of the stages that it is
 * based on. Variables of the base image are not included.
 *
 * @param target name of the stage
 * @throws Error if the stage does not exist
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

/** Removes comments and joins continued lines. */
function instructionsOf(dockerfile: string): string {
  return dockerfile.replaceAll(/^\s*#.*\n/gm, "").replaceAll(/\\\n\s*/g, " ");
}

/** Parses `NAME=value OTHER="value with spaces"`. */
function settingsOf(line: string): [string, string][] {
  const settings = line.matchAll(/([A-Za-z_]\w*)=(?:"([^"]*)"|(\S*))/g);
  return [...settings].map(([, name = "", quoted, plain]) => [name, quoted ?? plain ?? ""]);
}
