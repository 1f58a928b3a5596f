import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import autocannon from "autocannon";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Authority, serveTls } from "../test/authority.js";
import { freePort, PostgresServer } from "../test/postgres-server.js";
import { needs } from "../test/required-tools.js";
import { Browser } from "./browser.js";
import { Buildah } from "./buildah.js";
import { Container } from "./container.js";
import { type Bases, makeBases } from "./image-bases.js";
import { MachineNpm } from "./local-npm.js";
import { isReady } from "./notejam-process.js";
import { OciImage } from "./oci-image.js";
import { residentMemory } from "./process-usage.js";
import { seedNotebook } from "./seed-notebook.js";

const REPOSITORY = path.resolve(import.meta.dirname, "../..");
const DOCKERFILE = readFileSync(path.join(REPOSITORY, "app/Dockerfile"), "utf8");
/** Maximum sizes of the images, in megabytes. */
const LARGEST = 200;
/** Kubernetes kills after this time, in milliseconds. */
const GRACE_PERIOD = 30_000;
/** A credential as in a user's npm configuration, which must not be in any image. */
const SECRET = "npm-secret-that-stays-out";
const COMMIT = "0123456789abcdef0123456789abcdef01234567";
/** A minute and a half on a machine with nothing else to do, in milliseconds. */
const LONGEST_BUILD = 10 * 60_000;
/** Number of requests before the memory of the container is measured. */
const LOAD = { connections: 50, duration: 8 };

/** The former application's tables, as Django made them in SQLite: times without a zone, and texts of any kind. */
const FORMER = `
  create table auth_user (id integer primary key, password varchar(128), username varchar(30), email varchar(75), date_joined datetime);
  create table pads_pad (id integer primary key, name varchar(100), user_id integer);
  create table notes_note (id integer primary key, pad_id integer, user_id integer, name varchar(100), text text,
    created_at datetime, updated_at datetime);
  insert into auth_user values (7, 'pbkdf2_sha256$12000$salt$hash', 'old', 'Old@Example.com', '2013-01-01 00:00:00');
  insert into pads_pad values (3, 'Work', 7);
  insert into notes_note values
    (11, 3, 7, 'First', 'a' || char(13, 10) || 'b 😀', '2013-02-02 23:30:00.123456', '2013-02-02 23:30:00.123456'),
    (12, null, 7, '  ', 'x' || char(0), '2013-02-02 23:30:00', '2013-02-02 23:30:00')`;

/** Copies the build context. */
function copyRepository(to: string): void {
  for (const file of ["package.json", "package-lock.json", ".npmrc", "tsconfig.json"]) {
    cpSync(path.join(REPOSITORY, file), path.join(to, file));
  }
  const left = new Set(["node_modules", "dist", ".notejam"]);
  cpSync(path.join(REPOSITORY, "app"), path.join(to, "app"), {
    recursive: true,
    filter: (file) => !left.has(path.basename(file)),
  });
}

describe("the images", needs("root", "buildah", "mmdebstrap", "bwrap"), () => {
  const timestamp = commitTime();
  let folder: string;
  let buildah: Buildah;
  /** In the place of AWS's. */
  let trustStore: Server;
  let bases: Bases;
  let server: PostgresServer;
  let runtime: OciImage;
  let notejam: OciImage;
  let tools: OciImage;
  const roots = new Map<OciImage, string>();

  const seconds = async <T>(title: string, work: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await work();
    console.log(`${title}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
    return result;
  };

  async function build(
    target: string,
    context: string,
    { afresh = false, compressed = false } = {},
  ): Promise<OciImage> {
    const npmrc = path.join(folder, "npmrc");
    const image = await buildah.build({
      ...{ context, target, npmrc, afresh, timestamp },
      arguments: {
        NODE_IMAGE: bases.build,
        POSTGRES_IMAGE: bases.build,
        RUNTIME_IMAGE: bases.runtime,
        CERTIFICATES_URL: `http://127.0.0.1:${portOf(trustStore)}/global-bundle.pem`,
        REVISION: COMMIT,
      },
    });
    return new OciImage(await buildah.save(image, compressed));
  }

  async function rootOf(image: OciImage): Promise<string> {
    const known = roots.get(image);
    if (known) return known;
    const root = path.join(folder, `root-${roots.size}`);
    roots.set(image, root);
    await image.unpack(root);
    return root;
  }

  /** The secret of the database as it is mounted into pods. */
  function secrets(): string {
    const mounted = path.join(folder, "secrets");
    mkdirSync(mounted, { recursive: true });
    const { port } = server;
    const values = { USER: "notejam", PASS: "secret", DB: "postgres", URL: `127.0.0.1:${port}` };
    for (const [name, value] of Object.entries(values))
      writeFileSync(path.join(mounted, `POSTGRES_${name}`), value);
    return mounted;
  }

  const asInPods = () => ({
    environment: { SECRETS_DIR: "/run/secrets/notejam" },
    mounts: { "/run/secrets/notejam": secrets() },
  });

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "notejam-image-"));
    // Containers run as another user, which must be able to access their root folders.
    chmodSync(folder, 0o755);
    const authority = new Authority(folder, "database");
    server = await PostgresServer.start();
    await serveTls(server, authority.issue("127.0.0.1"));

    const authorities = readFileSync(authority.certificate);
    trustStore = createServer((_request, response) => response.end(authorities));
    trustStore.listen(0, "127.0.0.1");
    await once(trustStore, "listening");

    const npm = new MachineNpm(folder);
    writeFileSync(path.join(folder, "npmrc"), `${await npm.configuration()}; ${SECRET}\n`);
    buildah = new Buildah(folder);
    const node = /nodejs(\d+)-/.exec(DOCKERFILE)?.[1] ?? "";
    bases = await seconds("bases of Debian", () => makeBases({ buildah, folder, npm, node }));
    const context = path.join(folder, "context");
    copyRepository(context);
    tools = await seconds("target tools", () => build("tools", context, { compressed: true }));
    notejam = await seconds("target notejam", () => build("notejam", context));
    runtime = new OciImage(await buildah.save(bases.runtime, false));
  }, LONGEST_BUILD);

  afterAll(async () => {
    trustStore?.close();
    await server?.remove();
    await buildah?.remove();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it("are small, and share all layers but the PostgreSQL programs", () => {
    expect(tools.layers.slice(0, -1)).toEqual(notejam.layers);
    expect(notejam.layers.slice(0, runtime.layers.length)).toEqual(runtime.layers);
    for (const [name, { layers }] of Object.entries({ notejam, tools })) {
      const all = tools.sizeOf(layers);
      const own = tools.sizeOf(layers.slice(runtime.layers.length));
      console.log(`${name}: ${all.toFixed(1)} MB compressed, of which ${own.toFixed(1)} MB are ours`);
      expect(all).toBeLessThan(LARGEST);
    }
  });

  it("are identical when the same commit is built again", async () => {
    // Every file of the copy is new: times of files must not matter.
    const context = path.join(folder, "context-again");
    cpSync(path.join(folder, "context"), context, { recursive: true });
    const again = await seconds("the same commit again", () => build("tools", context, { afresh: true }));
    expect(again.layers).toEqual(tools.layers);
    expect(again.id).toBe(tools.id);
  });

  it("contain only the program, without its sources and build tools", async () => {
    const wrong: string[] = [];
    for (const layer of tools.layers.slice(runtime.layers.length)) {
      for (const { mode, owner, path: file } of await tools.entries(layer)) {
        const name = path.basename(file);
        if (owner !== "0/0") wrong.push(`${file} belongs to ${owner}`);
        if (/s|t/i.test(mode)) wrong.push(`${file} lends rights: ${mode}`);
        if (/^.....w|^........w/.test(mode)) wrong.push(`others may write ${file}: ${mode}`);
        if (/\.(map|tsx?|mts|cts|tgz)$|^\.(npmrc|env|git)|^(npm|npx|yarn|tsc|esbuild)$/.test(name))
          wrong.push(file);
        if (/^-.*x/.test(mode) && /^(sh|bash|dash|busybox|perl|apt|dpkg)$/.test(name))
          wrong.push(`a shell or package manager: ${file}`);
        if (/^notejam\/(src|test|e2e|bench|docs|image)\b|^(source|root|client)\b/.test(file))
          wrong.push(file);
        const [, dependency] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file) ?? [];
        if (dependency && !/^@node-rs\/(argon2.*)?$|^@node-rs$/.test(dependency)) wrong.push(file);
      }
      const content = await tools.content(layer);
      for (const secret of [SECRET, "_authToken", "PRIVATE KEY-----\nM"]) {
        if (content.includes(secret)) wrong.push(`"${secret}" in layer ${layer}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("have labels, and a numeric user", () => {
    for (const [image, title, command] of [
      [notejam, "Notejam", "serve"],
      [tools, "Notejam with PostgreSQL's client programs", "--help"],
    ] as const) {
      const { User, Labels, Cmd, Healthcheck } = image.config;
      expect(User).toMatch(/^[1-9]\d*:[1-9]\d*$/);
      expect(Cmd).toEqual([command]);
      expect(Healthcheck).toBeUndefined();
      expect(Labels).toMatchObject({
        "org.opencontainers.image.title": title,
        "org.opencontainers.image.licenses": "MIT",
        "org.opencontainers.image.revision": COMMIT,
      });
    }
    expect(Object.keys(notejam.config.ExposedPorts)).toEqual(["3000/tcp", "9090/tcp"]);
  });

  it("run as an unprivileged user that can write only to /tmp", async () => {
    const attempt = `
      const fs = require("node:fs");
      const writable = (file) => { try { fs.writeFileSync(file, ""); return true; } catch { return false; } };
      const status = fs.readFileSync("/proc/self/status", "utf8");
      console.log(JSON.stringify({
        node: process.versions.node.split(".")[0], pid: process.pid, user: [process.getuid(), process.getgid()],
        capabilities: /CapEff:\\s*(\\w+)/.exec(status)[1],
        writable: ["/x", "/notejam/x", "/notejam/notejam.mjs", "/etc/x", "/run/x", "/tmp/x"].filter(writable),
        shells: ["/bin/sh", "/bin/bash", "/usr/bin/busybox"].filter((file) => fs.existsSync(file)),
      }));`;
    const { output } = await Container.run({
      image: notejam,
      root: await rootOf(notejam),
      entrypoint: [...notejam.config.Entrypoint.slice(0, 1), "-e", attempt],
      arguments: [],
    });
    expect(JSON.parse(output)).toEqual({
      node: /nodejs(\d+)-/.exec(DOCKERFILE)?.[1],
      pid: 1,
      user: notejam.config.User.split(":").map(Number),
      capabilities: "0000000000000000",
      writable: ["/tmp/x"],
      shells: [],
    });
  });

  it("migrate the schema, serve, and stop in time with status 0", async () => {
    const image = notejam;
    const root = await rootOf(image);
    const migrated = await Container.run({ image, root, arguments: ["migrate"], ...asInPods() });
    expect(migrated).toEqual({ status: 0, output: expect.stringContaining("Applied: ") });

    const { environment, mounts } = asInPods();
    const port = await freePort();
    const ports = { PORT: String(port), METRICS_PORT: String(await freePort()), RATE_LIMIT: "off" };
    const serving = await Container.start({ image, root, mounts, environment: { ...environment, ...ports } });
    await expect.poll(() => isReady(port), { timeout: 20_000 }).toBe(true);
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    const encrypted =
      "select bool_and(ssl) as all from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'notejam'";
    expect((await server.query("postgres", encrypted)).rows).toEqual([{ all: true }]);

    const browser = new Browser(port);
    await browser.enter("image@example.com");
    expect((await browser.submit("/notes/create/", { name: "From the image", text: "kept" })).status).toBe(
      303,
    );
    expect((await browser.get("/")).body).toContain("From the image");
    const kept = await server.query("postgres", "select name from notes");
    expect(kept.rows).toEqual([{ name: "From the image" }]);

    await seedNotebook(server, "postgres", "image@example.com", { notes: 100, pads: 5 });
    let memory = 0;
    const watch = setInterval(() => {
      memory = Math.max(memory, residentMemory(serving.pid));
    }, 100);
    const load = await autocannon({
      url: `http://127.0.0.1:${port}/`,
      ...LOAD,
      headers: { cookie: browser.cookieHeader },
    });
    clearInterval(watch);
    browser.close();
    console.log(
      `memory of the container: at most ${memory.toFixed(0)} MB under ${load.requests.average.toFixed(0)} requests/s`,
    );
    expect(load.non2xx).toBe(0);

    const start = performance.now();
    serving.signal("SIGTERM");
    const { status, output } = await serving.finished;
    const after = performance.now() - start;
    console.log(`ended ${(after / 1000).toFixed(1)} s after SIGTERM`);
    expect(status).toBe(0);
    expect(after).toBeLessThan(GRACE_PERIOD);
    expect(output).toContain('"msg":"stopped"');
  });

  it("load the SQLite file of the former application", async () => {
    const root = await rootOf(tools);
    const former = path.join(folder, "former");
    mkdirSync(former);
    // With the image's Node, because Debian's may be too old to know SQLite.
    const fill = `
      const { DatabaseSync } = require("node:sqlite");
      const former = new DatabaseSync(process.argv[1]);
      former.exec(process.argv[2]);`;
    const node = path.join(root, notejam.config.Entrypoint[0] ?? "");
    execFileSync(node, ["--no-warnings", "-e", fill, path.join(former, "notejam.db"), FORMER]);
    await server.query("postgres", "create database successor");
    const run = (...words: string[]) => {
      const { environment, mounts } = asInPods();
      return Container.run({
        ...{ image: tools, root, arguments: words, mounts: { ...mounts, "/run/former": former } },
        environment: { ...environment, POSTGRES_DB: "successor" },
      });
    };
    expect(await run("migrate")).toEqual({ status: 0, output: expect.stringContaining("Applied: ") });
    const { status, output } = await run("import-django", "--from", "/run/former/notejam.db");
    expect(output).toContain(
      "users: 1 loaded, 0 already there\npads: 1 loaded, 0 already there\nnotes: 2 loaded, 0 already there\n",
    );
    expect(status).toBe(0);
    const { rows } = await server.query(
      "successor",
      "select id, pad_id, name, text, created_at at time zone 'UTC' as created from notes order by id",
    );
    expect(rows).toMatchObject([
      { id: 11, pad_id: 3, name: "First", text: "a\nb 😀" },
      { id: 12, pad_id: null, name: "untitled", text: "x" },
    ]);
    const stored =
      "select to_char(created_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') as at from notes where id = 11";
    expect((await server.query("successor", stored)).rows).toEqual([{ at: "2013-02-02 23:30:00.123456" }]);

    const wrong = await run("import-django", "--from", "/run/former/nothing.db");
    expect(wrong).toEqual({
      status: 2,
      output: expect.stringMatching(/The former database cannot be opened: /),
    });
  });

  it("reject a database with a certificate of another authority", async () => {
    const stranger = new Authority(folder, "stranger");
    await serveTls(server, stranger.issue("127.0.0.1"));
    const refused = await Container.run({
      ...{ image: notejam, root: await rootOf(notejam), arguments: ["migrate", "--check"] },
      ...asInPods(),
    });
    expect(refused.status).toBe(2);
    expect(refused.output).toMatch(/certificate of 127\.0\.0\.1 is not signed by .* DATABASE_CA_FILE/);
    expect(refused.output).not.toContain("    at ");
  });

  it("print their help, and have the PostgreSQL programs only in the tools image", async () => {
    const help = await Container.run({ image: tools, root: await rootOf(tools) });
    expect(help).toEqual({
      status: 0,
      output: expect.stringMatching(/Usage: notejam[\s\S]+serve[\s\S]+migrate/),
    });
    for (const program of ["pg_dump", "pg_restore"]) {
      const { status, output } = await Container.run({
        ...{ image: tools, root: await rootOf(tools), entrypoint: [program], arguments: ["--version"] },
      });
      console.log(output.trim());
      expect([status, output]).toEqual([
        0,
        expect.stringMatching(new RegExp(`^${program} \\(PostgreSQL\\) 17\\.`)),
      ]);
    }
    const { status } = await Container.run({
      ...{ image: notejam, root: await rootOf(notejam), entrypoint: ["pg_dump"], arguments: ["--version"] },
    });
    expect(status, "the image that serves has no use for them").not.toBe(0);
  });

  it("list the packages of the PostgreSQL programs for scanners", async () => {
    const layer = tools.layers.at(-1) ?? "";
    const entries = (await tools.entries(layer)).map((entry) => entry.path);
    const packages = entries.filter((file) => file.startsWith("var/lib/dpkg/status.d/"));
    expect(packages).toEqual(
      expect.arrayContaining([
        expect.stringContaining("libpq5"),
        expect.stringContaining("postgresql-client-17"),
      ]),
    );
  });
});

function portOf(listening: Server): number {
  const address = listening.address();
  return typeof address === "object" && address ? address.port : 0;
}

/** Time of the commit, in seconds since 1970. */
function commitTime(): number {
  return Number(execFileSync("git", ["log", "-1", "--format=%ct"], { cwd: REPOSITORY, encoding: "utf8" }));
}
