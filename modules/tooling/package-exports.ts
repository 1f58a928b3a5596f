/** Entry of `exports` in the published package. */
interface PublishedExport {
  readonly types: string;
  readonly default: string;
}

/** `exports` of package.json: subpath → source file in the repository, compiled file in the published package. */
export type PackageExports = Readonly<Record<string, string | PublishedExport>>;

const SOURCE = /^\.\/(.+)\.ts$/;
const COMPILED = /^\.\/dist\/(.+)\.js$/;

/**
 * Returns the subpath by which a source file is imported: its path, or the folder's name for a file of the same name.
 *
 * @example exportName("vpc/vpc.ts") // "./vpc"
 * @example exportName("eks/cluster.ts") // "./eks/cluster"
 */
export function exportName(file: string): string {
  const path = file.replace(/\.ts$/, "");
  const [folder, ...rest] = path.split("/");
  return rest.length === 1 && rest[0] === folder ? `./${folder}` : `./${path}`;
}

/** Returns exports that point at the compiled files below `dist`. */
export function publishedExports(exports: PackageExports): PackageExports {
  return mapTargets(exports, (target) => {
    const path = SOURCE.exec(sourceOf(target))?.[1];
    if (path === undefined)
      throw new Error(`"${sourceOf(target)}" is not a TypeScript source. Export ./<file>.ts.`);
    return { types: `./dist/${path}.d.ts`, default: `./dist/${path}.js` };
  });
}

/** Returns exports that point at the TypeScript sources. The reverse of {@link publishedExports}. */
export function repositoryExports(exports: PackageExports): PackageExports {
  return mapTargets(exports, sourceOf);
}

function sourceOf(target: string | PublishedExport): string {
  if (typeof target === "string") return target;
  return `./${COMPILED.exec(target.default)?.[1] ?? target.default}.ts`;
}

function mapTargets(
  exports: PackageExports,
  change: (target: string | PublishedExport) => string | PublishedExport,
): PackageExports {
  return Object.fromEntries(Object.entries(exports).map(([name, target]) => [name, change(target)]));
}
