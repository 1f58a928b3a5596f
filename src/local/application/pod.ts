import { type Fields, isFields, listAt, type Manifest, textAt } from "../../kubernetes/objects.js";
import { containersOf, podTemplates } from "../../kubernetes/pods.js";

/** Namespace of the application. */
const NAMESPACE = "notejam";

/** Pod of one of the application's programs, from the rendered manifests. */
export interface Pod {
  /** `Deployment`, `Job` or `CronJob`. */
  readonly kind: string;
  readonly name: string;
  readonly image: string;
  /** Arguments of the program: `["serve"]`. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly SecretMount[];
}

/** Secrets that are mounted as files. */
export interface SecretMount {
  /** Mount path: `/run/secrets/notejam`. */
  readonly path: string;
  /** SecretProviderClass that lists the files. */
  readonly secretProviderClass: Fields;
}

/**
 * Finds the pod that runs a command of the application.
 *
 * @param command first argument of the program, for instance `serve`
 * @throws Error if no pod runs it, or if its environment is known only in a cluster
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
  if (listAt(container, "envFrom").length > 0) throw unsupported(`${kind} ${owner}`, "envFrom");
  const entries = listAt(container, "env").map((variable) => {
    const name = textAt(variable, "name") ?? "";
    const value = textAt(variable, "value");
    if (value === undefined) throw unsupported(`${kind} ${owner}`, `env ${name} without a value`);
    return [name, value] as const;
  });
  return Object.fromEntries(entries);
}

function unsupported(object: string, what: string): Error {
  return new Error(
    `${object} has ${what}, which npm start does not support outside a cluster. Support it in src/local/application/pod.ts.`,
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
