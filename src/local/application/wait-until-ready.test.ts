import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "../../../test/fakes/local-tools.js";
import { GuardedProgram } from "./guarded-program.js";
import { waitUntilReady } from "./wait-until-ready.js";

/** Starts a server of another program, which answers every request. Returns its port. */
async function otherServer(): Promise<number> {
  const server = createServer((_, response) => response.end("ready")).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

function program(script: string): GuardedProgram {
  const folder = temporaryFolder();
  const started = new GuardedProgram({
    name: "notejam serve",
    program: process.execPath,
    args: ["-e", script],
    env: {},
    cwd: folder,
    logFile: join(folder, "serve.log"),
  });
  onTestFinished(() => started.stop());
  return started;
}

describe("waiting for a server", () => {
  const { signal } = new AbortController();

  it("ignores another program on the port", async () => {
    const ends = program("setTimeout(() => process.exit(2), 500)");
    await expect(waitUntilReady(ends, await otherServer(), signal)).rejects.toThrow(
      /^notejam serve ended while starting/,
    );
  });

  it("ends when the log says that the server listens and the port answers", async () => {
    const listens = program(`console.log('{"msg":"listening"}'); setTimeout(() => {}, 60_000)`);
    await expect(waitUntilReady(listens, await otherServer(), signal)).resolves.toBeUndefined();
  });
});
