/**
 * Synthesizes all stacks like `node --import tsx src/main.ts`, in about half the time. Caches the program, its
 * libraries and environments as one bundle in node_modules/.cache/notejam, together with V8's compiled code.
 *
 * The name of a bundle is a hash of the sources, the installed packages and the Node version. `main.ts` runs instead if
 * no bundle can be built (esbuild is missing, a source does not compile, the disk is read-only), and after a bug in the
 * program, so that the stack trace shows places in the sources.
 *
 * CommonJS, because every Node version can cache its compiled code, and it needs no TypeScript loader.
 */
"use strict";

const { createHash } = require("node:crypto");
const fs = require("node:fs");
const { createRequire } = require("node:module");
const { join, resolve, sep } = require("node:path");
const { fileURLToPath, pathToFileURL } = require("node:url");
const vm = require("node:vm");

const PROJECT = resolve(__dirname, "..");
const PACKAGES = join(PROJECT, "node_modules");
const OWN_ENVIRONMENTS = join(PROJECT, "environments");
const ENVIRONMENTS = resolve(process.env.NOTEJAM_ENVIRONMENTS || OWN_ENVIRONMENTS);
/** Environments of tests and benchmarks share one folder, so that the cache does not grow. */
const CACHE = join(
  PACKAGES,
  ".cache",
  "notejam",
  ENVIRONMENTS === OWN_ENVIRONMENTS ? "synth" : "synth-other",
);
/** File with the list of sources of the cached bundle. */
const SOURCES = join(CACHE, "sources.json");

/** Files that influence the bundle without being part of it. */
const SETTINGS = [
  __filename,
  ...["tsconfig.json", "package-lock.json", "modules/package.json"].map((file) => join(PROJECT, file)),
  join(PACKAGES, ".package-lock.json"),
];

/** Returns the cached bundle of the current sources, or builds it. */
async function findBundle() {
  const sources = keptSources();
  if (sources !== undefined) {
    const file = bundleFile(sources);
    if (fs.existsSync(file)) return file;
  }
  return build();
}

/** Returns the sources of the cached bundle; undefined without a bundle or a valid list, which is then rewritten. */
function keptSources() {
  try {
    return JSON.parse(fs.readFileSync(SOURCES, "utf8"));
  } catch {
    return undefined;
  }
}

/** Returns the path of the bundle for the current contents of the sources. */
function bundleFile(sources) {
  const contents = [...SETTINGS, ...sources].map((file) => `${file}\n${readIfThere(file) ?? "missing"}`);
  return join(CACHE, `${hash([process.version, process.arch, ...environmentFiles(), ...contents])}.cjs`);
}

/** Returns the options with which esbuild bundles the program into one file, which exports `run`. */
function bundleOptions() {
  return {
    stdin: { contents: entry(), resolveDir: __dirname, loader: "ts" },
    absWorkingDir: PROJECT,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    minifySyntax: true,
    minifyWhitespace: true,
    metafile: true,
    write: false,
    logLevel: "silent",
    plugins: [plugin],
  };
}

/** Margin in milliseconds: the times of files are coarser than the clock. */
const CLOCK_MARGIN_MS = 15;

async function build() {
  // Not Date, which tests replace.
  const started = performance.timeOrigin + performance.now();
  const result = await require("esbuild").build(bundleOptions());
  const sources = Object.keys(result.metafile.inputs)
    .map((file) => resolve(PROJECT, file))
    .filter((file) => !file.startsWith(PACKAGES + sep) && fs.existsSync(file));
  const file = bundleFile(sources);
  // The hash of a source that changed during the build would belong to a bundle without the change.
  const isChanged = (source) => fs.statSync(source).ctimeMs >= started - CLOCK_MARGIN_MS;
  if (sources.some(isChanged)) throw new Error("A source changed during the build.");
  const old = fs.existsSync(CACHE) ? fs.readdirSync(CACHE) : [];
  write(file, result.outputFiles[0].contents);
  write(SOURCES, JSON.stringify(sources));
  for (const name of old) {
    // Another run may have written the same bundle meanwhile.
    if (![SOURCES, file].includes(join(CACHE, name))) fs.rmSync(join(CACHE, name), { force: true });
  }
  return file;
}

/** Loads each environment on demand, as `config/load.ts` does, so that an error in one does not affect the others. */
function entry() {
  const load = (file) => `[${JSON.stringify(file)}, () => import(${JSON.stringify(file)})]`;
  return `
    import { synthesizeFromBundle } from "./cached-main.ts";
    const files = new Map([${environmentFiles().map(load).join(", ")}]);
    export const run = () => synthesizeFromBundle(async (file) => files.get(file)());
  `;
}

function environmentFiles() {
  return fs
    .readdirSync(ENVIRONMENTS)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(ENVIRONMENTS, name));
}

const plugin = {
  name: "project",
  setup({ onLoad, onResolve, resolve: resolvePath }) {
    // CommonJS has no import.meta: inserts the URL of each file.
    onLoad({ filter: /\.ts$/ }, ({ path }) => ({
      contents: fs
        .readFileSync(path, "utf8")
        .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href)),
      loader: "ts",
    }));
    // Environments outside the project import the configuration by its file URL.
    onResolve({ filter: /^file:/ }, ({ path, kind, resolveDir, importer }) =>
      resolvePath(fileURLToPath(path), { kind, resolveDir, importer }),
    );
  },
};

/** Runs a bundle. Caches its compiled code after the first run, which includes all functions that ran. */
async function run(file) {
  const codeFile = file.replace(/\.cjs$/, ".v8");
  const code = readIfThere(codeFile, null);
  const source = `(function (exports, require, module) {${fs.readFileSync(file, "utf8")}\n})`;
  const script = new vm.Script(source, { filename: file, cachedData: code });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(join(__dirname, "main.ts")), module);
  const isDone = await module.exports.run();
  if (code === undefined || script.cachedDataRejected)
    ignoreErrors(() => write(codeFile, script.createCachedData()));
  return isDone;
}

/** Writes a file atomically, because the disk may be full or another run may write the same file. */
function write(file, contents) {
  fs.mkdirSync(CACHE, { recursive: true });
  const staged = `${file}.${process.pid}`;
  try {
    fs.writeFileSync(staged, contents);
    fs.renameSync(staged, file);
  } catch (error) {
    ignoreErrors(() => fs.rmSync(staged, { force: true }));
    throw error;
  }
}

function readIfThere(file, encoding = "utf8") {
  try {
    return fs.readFileSync(file, encoding);
  } catch {
    return undefined;
  }
}

function ignoreErrors(work) {
  try {
    work();
  } catch {
    // Without the cache, only the next run is slower.
  }
}

function hash(texts) {
  return createHash("sha256").update(texts.join("\0")).digest("hex");
}

async function runSources() {
  await import("tsx");
  await import(pathToFileURL(join(__dirname, "main.ts")).href);
}

/** Runs the command `synth` with parameters, such as `npm run synth -- --help`. */
async function runCommand(parameters) {
  process.argv = [process.argv[0], join(__dirname, "cli", "index.ts"), "synth", ...parameters];
  await import("tsx");
  await import(pathToFileURL(process.argv[1]).href);
}

module.exports = { bundleOptions };

if (require.main === module) {
  const parameters = process.argv.slice(2);
  if (parameters.length > 0) {
    runCommand(parameters);
  } else {
    findBundle()
      .then(run)
      .catch(() => false)
      .then((isDone) => (isDone ? undefined : runSources()));
  }
}
