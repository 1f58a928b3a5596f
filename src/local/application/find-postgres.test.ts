import { mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { writeExecutable } from "../../../test/executable.js";
import { temporaryFolder } from "../../../test/fakes/local-tools.js";
import { findPostgres } from "./find-postgres.js";

/** A folder of programs that state a version and do nothing else. */
function programs(version: string, ...names: string[]): string {
  const folder = join(temporaryFolder(), version);
  mkdirSync(folder);
  for (const name of names) {
    writeExecutable(join(folder, name), `#!/bin/sh\necho "${name} (PostgreSQL) ${version}"\n`);
  }
  return folder;
}

const server = (version: string) => programs(version, "postgres", "initdb");
const tools = (version: string) => programs(version, "pg_dump", "pg_restore");
const both = (version: string) => programs(version, "postgres", "initdb", "pg_dump", "pg_restore");
/** Beyond all that this machine may have, so that only what a test makes is looked at. */
const only = (...folders: string[]) => ({ PATH: folders.join(":") });

/** Puts a fake `setpriv` first on the PATH: root needs it to run PostgreSQL. */
function stubSetpriv(): void {
  const folder = join(temporaryFolder(), "setpriv");
  mkdirSync(folder);
  writeExecutable(join(folder, "setpriv"), "#!/bin/sh\n");
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env.PATH}`);
}

describe("the search for PostgreSQL", () => {
  beforeEach(stubSetpriv);
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it("uses only the folder in NOTEJAM_POSTGRES_BIN", async () => {
    const bin = both("99.1");
    const env = { ...only(both("99.2")), NOTEJAM_POSTGRES_BIN: bin };
    expect(await findPostgres({ env })).toEqual({ bin, version: "99.1", major: 99, tools: bin });
  });

  it("prefers the version in AWS among those with client programs", async () => {
    const wanted = both("98.3");
    const env = only(both("99.9"), wanted, server("98.4"));
    expect(await findPostgres({ env, wantedMajor: 98 })).toMatchObject({ bin: wanted });
  });

  it("prefers one with client programs to a newer one without", async () => {
    const complete = both("98.3");
    const env = only(server("99.9"), complete);
    expect(await findPostgres({ env, wantedMajor: 99 })).toMatchObject({ bin: complete });
  });

  it("uses client programs of another folder if they are not older than the server", async () => {
    const bin = server("98.1");
    const newer = tools("99.0");
    const find = (folder: string) => findPostgres({ env: only(bin, folder), keptMajor: 98 });
    expect(await find(newer)).toMatchObject({ bin, tools: newer });
    expect(await find(tools("97.9"))).toMatchObject({ bin, tools: undefined });
  });

  it("uses the version that wrote the notes", async () => {
    const bin = server("97.1");
    expect(await findPostgres({ env: only(both("99.1"), bin), keptMajor: 97 })).toMatchObject({ bin });
  });

  it("reports the version that the stored notes need", async () => {
    const env = { NOTEJAM_POSTGRES_BIN: both("99.1") };
    await expect(findPostgres({ env, keptMajor: 97 })).rejects.toThrow(
      /written by PostgreSQL 97, .*has only 99\.1\. Install PostgreSQL 97, .*--fresh/,
    );
  });

  it.runIf(process.getuid?.() === 0)("reports that root needs setpriv", async () => {
    const env = only(both("99.1"));
    vi.stubEnv("PATH", "/nowhere");
    await expect(findPostgres({ env })).rejects.toThrow(/refuses to run as root.*install setpriv/);
  });

  it("reports how to install it", async () => {
    await expect(findPostgres({ env: { NOTEJAM_POSTGRES_BIN: "/nowhere" } })).rejects.toThrow(
      /^PostgreSQL was not found: NOTEJAM_POSTGRES_BIN names \/nowhere, .*Correct or unset/,
    );
  });
});
