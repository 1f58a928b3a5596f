/**
 * Synthesizes all stacks like `node --import tsx src/main.ts`, in about half the time. It keeps the program, its libraries and
 * the environments as one JavaScript file in node_modules/.cache/notejam, with the code that V8 compiled of it.
 *
 * A file belongs to one content of all sources, to the installed packages and to the Node version: its name is their
 * hash. When no such file can be made (esbuild is missing, a source does not compile, the disk is read-only), and to
 * report a fault of the program with its place in the sources, `main.ts` runs instead.
 *
 * CommonJS, because V8's code can be kept for it in every Node version, and no TypeScript loader has to start first.
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
/** Other environments, of tests and measurements, share one place, so that the cache does not grow. */
const CACHE = join(
  PACKAGES,
  ".cache",
  "notejam",
  ENVIRONMENTS === OWN_ENVIRONMENTS ? "synth" : "synth-other",
);
/** Lists the sources of the kept bundle. */
const SOURCES = join(CACHE, "sources.json");

/** Files that decide about the bundle without being part of it. */
const SETTINGS = [
  __filename,
  ...["tsconfig.json", "package-lock.json", "modules/package.json"].map((file) => join(PROJECT, file)),
  join(PACKAGES, ".package-lock.json"),
];

/** Returns the kept bundle of the sources as they are, or makes it. */
async function findBundle() {
  const sources = keptSources();
  if (sources !== undefined) {
    const file = bundleFile(sources);
    if (fs.existsSync(file)) return file;
  }
  return build();
}

/** Sources of the kept bundle; undefined without one, or if the list is damaged: it is then written again. */
function keptSources() {
  try {
    return JSON.parse(fs.readFileSync(SOURCES, "utf8"));
  } catch {
    return undefined;
  }
}

/** The bundle of sources with their present contents. */
function bundleFile(sources) {
  const contents = [...SETTINGS, ...sources].map((file) => `${file}\n${readIfThere(file) ?? "missing"}`);
  return join(CACHE, `${hash([process.version, process.arch, ...environmentFiles(), ...contents])}.cjs`);
}

/** Options of esbuild: how the program becomes one file, which exports `run`. */
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
const CLOCK_MARGIN_MS = 50;

async function build() {
  const started = Date.now();
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

/** Every environment is loaded as `config/load.ts` does it: when it is asked for, so that each can fail by itself. */
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
    // CommonJS has no import.meta: each file's own address is written into it.
    onLoad({ filter: /\.ts$/ }, ({ path }) => ({
      contents: fs
        .readFileSync(path, "utf8")
        .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href)),
      loader: "ts",
    }));
    // An environments folder outside the project imports the configuration by its address.
    onResolve({ filter: /^file:/ }, ({ path, kind, resolveDir, importer }) =>
      resolvePath(fileURLToPath(path), { kind, resolveDir, importer }),
    );
  },
};

/** Runs a bundle. Its compiled code is kept after the first run, with all functions that were used. */
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

/** Half-written files never get the name: the disk may be full, and another run may do the same. */
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
    // Only the next run is slower.
  }
}

function hash(texts) {
  return createHash("sha256").update(texts.join("\0")).digest("hex");
}

async function runSources() {
  await import("tsx");
  await import(pathToFileURL(join(__dirname, "main.ts")).href);
}

/** Parameters are for the command `synth`: `npm run synth -- --help`. */
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
