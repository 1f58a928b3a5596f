import { type Fields, isFields, listAt, type Manifest, textAt } from "../../kubernetes/objects.js";
import { containersOf, podTemplates } from "../../kubernetes/pods.js";

/** The namespace that the application has to itself. */
const NAMESPACE = "notejam";

/** One of the application's programs, as the rendered manifests start it. */
export interface Pod {
  /** `Deployment`, `Job` or `CronJob`. */
  readonly kind: string;
  readonly name: string;
  readonly image: string;
  /** The program's arguments: `["serve"]`. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly SecretMount[];
}

/** Secrets that appear as files. */
export interface SecretMount {
  /** The folder that the program sees: `/run/secrets/notejam`. */
  readonly path: string;
  /** The SecretProviderClass that says which files are in it. */
  readonly secretProviderClass: Fields;
}

/**
 * Finds what runs a command of the application among the objects that Flux would apply.
 *
 * @param command the first argument, for instance `serve`
 * @throws Error when nothing runs it, or when it takes something from where only a cluster has it
 */
export function podThatRuns(objects: readonly Manifest[], command: string): Pod {
  for (const { owner, spec } of podTemplates({ objects })) {
    const container = containersOf({ spec }).find((each) => listAt(each, "args")[0] === command);
    if (owner.namespace === NAMESPACE && container !== undefined) {
      return {
        kind: owner.kind,
        name: owner.name,
        image: textAt(container, "image") ?? "",
        args: listAt(container, "args").map(String),
        env: environmentOf(owner, container),
        mounts: secretMounts(objects, spec, container),
      };
    }
  }
  throw new Error(`Nothing in the Flux tree runs \`notejam ${command}\` in the namespace ${NAMESPACE}.`);
}

function environmentOf({ kind, name: owner }: Manifest, container: Fields): Record<string, string> {
  if (listAt(container, "envFrom").length > 0) throw notHere(`${kind} ${owner}`, "envFrom");
  const entries = listAt(container, "env").map((variable) => {
    const name = textAt(variable, "name") ?? "";
    const value = textAt(variable, "value");
    if (value === undefined) throw notHere(`${kind} ${owner}`, `env ${name} without a value`);
    return [name, value] as const;
  });
  return Object.fromEntries(entries);
}

function notHere(object: string, what: string): Error {
  return new Error(
    `${object} has ${what}, which npm start cannot know outside a cluster; teach it to src/local/application/pod.ts.`,
  );
}

function secretMounts(objects: readonly Manifest[], spec: Fields, container: Fields): SecretMount[] {
  const volumes = listAt(spec, "volumes").filter(isFields);
  return listAt(container, "volumeMounts").flatMap((mount) => {
    const volume = volumes.find(({ name }) => name === textAt(mount, "name"));
    const name = textAt(volume, "csi", "volumeAttributes", "secretProviderClass");
    if (name === undefined) return [];
    const found = objects.find(
      (object) =>
        object.kind === "SecretProviderClass" && object.name === name && object.namespace === NAMESPACE,
    );
    if (found === undefined) throw new Error(`There is no SecretProviderClass ${NAMESPACE}/${name}.`);
    return [{ path: textAt(mount, "mountPath") ?? "", secretProviderClass: found.body }];
  });
}
