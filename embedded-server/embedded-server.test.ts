import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findEmbeddedServer, findInstalledPackage } from "./embedded-server.js";

const PACKAGE = findInstalledPackage();
const IS_ROOT = process.getuid?.() === 0;
/** User that PostgreSQL runs as when the tests run as root. */
const UNPRIVILEGED = { uid: 65_534, gid: 65_534 };

describe.runIf(PACKAGE !== undefined)("the embedded server", () => {
  let temporary: string;
  /** Copy of the package as npm leaves it without install scripts: no links. */
  let withoutLinks: string;
  /** Folder for copies, shared by the tests because a copy is 60 MB. */
  let folder: string;

  beforeAll(() => {
    temporary = mkdtempSync(join(tmpdir(), "notejam-embedded-"));
    chmodSync(temporary, 0o755);
    withoutLinks = join(temporary, "package");
    folder = join(temporary, "copies");
    cpSync(PACKAGE ?? "", withoutLinks, { recursive: true, verbatimSymlinks: true });
    for (const entry of readdirSync(withoutLinks, { recursive: true, withFileTypes: true })) {
      if (entry.isSymbolicLink()) rmSync(join(entry.parentPath, entry.name));
    }
  });

  afterAll(() => rmSync(temporary, { recursive: true, force: true }));

  const runs = (bin: string | undefined, user = {}) => {
    const { stdout } = spawnSync(join(bin ?? "", "initdb"), ["--version"], { encoding: "utf8", ...user });
    return /PostgreSQL/.test(stdout ?? "");
  };

  it("runs from a copy when the links to its libraries are missing, and leaves the package alone", () => {
    const before = readdirSync(withoutLinks, { recursive: true });
    if (process.platform === "linux") expect(runs(join(withoutLinks, "native/bin"))).toBe(false);
    const server = findEmbeddedServer({ folder, installed: withoutLinks });
    expect(server).toMatchObject({ version: expect.stringMatching(/^\d+\.\d+$/) });
    expect(runs(server?.bin)).toBe(true);
    expect(readdirSync(withoutLinks, { recursive: true })).toEqual(before);
  });

  it("runs in place, without a copy, when the links are there", () => {
    const { bin = "" } = findEmbeddedServer({ folder, installed: withoutLinks }) ?? {};
    const complete = join(temporary, "complete");
    mkdirSync(complete);
    symlinkSync(dirname(bin), join(complete, "native"));
    const unused = join(temporary, "unused");
    expect(findEmbeddedServer({ folder: unused, installed: complete })?.bin).toBe(
      join(complete, "native/bin"),
    );
    expect(readdirSync(temporary)).not.toContain("unused");
  });

  it("reuses a copy", () => {
    const first = findEmbeddedServer({ folder, installed: withoutLinks });
    const copies = readdirSync(folder);
    expect(findEmbeddedServer({ folder, installed: withoutLinks })).toEqual(first);
    expect(readdirSync(folder)).toEqual(copies);
    expect(copies).toHaveLength(1);
  });

  it.runIf(IS_ROOT)("runs as a user who cannot enter the folder of the package", () => {
    const complete = join(temporary, "private");
    const { bin = "" } = findEmbeddedServer({ folder, installed: withoutLinks }) ?? {};
    mkdirSync(complete, { mode: 0o700 });
    cpSync(join(withoutLinks, "package.json"), join(complete, "package.json"));
    cpSync(dirname(bin), join(complete, "native"), { recursive: true, verbatimSymlinks: true });
    const server = findEmbeddedServer({
      folder: join(temporary, "other"),
      user: UNPRIVILEGED,
      installed: complete,
    });
    expect(server?.bin).toMatch(/other/);
    expect(runs(server?.bin, UNPRIVILEGED)).toBe(true);
  });

  it("is undefined when its programs do not run on this machine", () => {
    const broken = join(temporary, "broken");
    mkdirSync(join(broken, "native/lib"), { recursive: true });
    cpSync(join(withoutLinks, "package.json"), join(broken, "package.json"));
    cpSync(join(withoutLinks, "native/bin"), join(broken, "native/bin"), { recursive: true });
    expect(findEmbeddedServer({ folder: join(temporary, "third"), installed: broken })).toBeUndefined();
  });
});
