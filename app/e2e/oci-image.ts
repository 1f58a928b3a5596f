import { execFile } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { z } from "zod";

const run = promisify(execFile);

/** A layer's content, in bytes. */
const LARGEST_LAYER = 512 * 1024 * 1024;

const descriptor = z.object({ digest: z.string(), size: z.number() });
const index = z.object({ manifests: z.tuple([descriptor]) });
const manifest = z.object({ config: descriptor, layers: z.array(descriptor) });
const configuration = z.object({
  config: z.object({
    User: z.string().default(""),
    Env: z.array(z.string()).default([]),
    Entrypoint: z.array(z.string()).default([]),
    Cmd: z.array(z.string()).default([]),
    ExposedPorts: z.record(z.string(), z.unknown()).default({}),
    Labels: z.record(z.string(), z.string()).default({}),
    Healthcheck: z.unknown().optional(),
  }),
  rootfs: z.object({ diff_ids: z.array(z.string()) }),
});

/** A file or folder in a layer. */
export interface LayerEntry {
  /** As `ls` shows it: `-rw-r--r--`. */
  readonly mode: string;
  /** User and group, as numbers. */
  readonly owner: string;
  /** Without a slash in front. */
  readonly path: string;
}

/** An image in the layout of OCI. https://github.com/opencontainers/image-spec/blob/main/image-layout.md */
export class OciImage {
  /** Digest of the configuration, which identifies content and metadata independent of the compression. */
  readonly id: string;
  readonly config: z.output<typeof configuration>["config"];
  /** Digests of the layers before they are compressed, the lowest first. */
  readonly layers: readonly string[];
  readonly #stored: readonly z.output<typeof descriptor>[];
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    const [found] = index.parse(JSON.parse(readFileSync(path.join(folder, "index.json"), "utf8"))).manifests;
    const { config, layers } = manifest.parse(this.#json(found.digest));
    const described = configuration.parse(this.#json(config.digest));
    this.id = config.digest;
    this.config = described.config;
    this.layers = described.rootfs.diff_ids;
    this.#stored = layers;
  }

  /** Size of the compressed layers, in megabytes. */
  sizeOf(layers: readonly string[]): number {
    return layers.reduce((sum, layer) => sum + this.#storedAs(layer).size, 0) / 1e6;
  }

  async entries(layer: string): Promise<LayerEntry[]> {
    const { stdout } = await run("tar", [
      "--list",
      "--verbose",
      "--numeric-owner",
      "--file",
      this.#fileOf(layer),
    ]);
    return stdout
      .trim()
      .split("\n")
      .map((line) => {
        const [mode = "", owner = "", , , , ...rest] = line.split(/\s+/);
        return { mode, owner, path: rest.join(" ") };
      });
  }

  /** Returns the contents of all files of a layer, concatenated. */
  async content(layer: string): Promise<Buffer> {
    const options = ["--extract", "--to-stdout", "--file", this.#fileOf(layer)];
    const { stdout } = await run("tar", options, { encoding: "buffer", maxBuffer: LARGEST_LAYER });
    return stdout;
  }

  /** Unpacks the layers, as a node does before it starts a container. */
  async unpack(root: string): Promise<void> {
    mkdirSync(root, { recursive: true, mode: 0o755 });
    for (const layer of this.layers) {
      await run("tar", [
        "--extract",
        "--same-permissions",
        "--file",
        this.#fileOf(layer),
        "--directory",
        root,
      ]);
    }
  }

  #storedAs(layer: string): z.output<typeof descriptor> {
    const stored = this.#stored[this.layers.indexOf(layer)];
    if (!stored) throw new Error(`There is no layer ${layer}`);
    return stored;
  }

  #fileOf(layer: string): string {
    return this.#file(this.#storedAs(layer).digest);
  }

  #file(digest: string): string {
    return path.join(this.#folder, "blobs", digest.replace(":", "/"));
  }

  #json(digest: string): unknown {
    return JSON.parse(readFileSync(this.#file(digest), "utf8"));
  }
}
