import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { freePort } from "./postgres-server.js";

it.each(["migrate", "migrate --check", "purge"])(
  "says in one line that the database is away: notejam %s",
  async (command) => {
    const child = spawn(process.execPath, ["--import", "tsx", "src/main.ts", ...command.split(" ")], {
      cwd: path.resolve(import.meta.dirname, ".."),
      env: {
        PATH: process.env.PATH ?? "",
        DATABASE_URL: `postgres://user@127.0.0.1:${await freePort()}/none`,
      },
    });
    const [printed, [status]] = await Promise.all([text(child.stderr), once(child, "close")]);
    expect(printed).toMatch(/^The database is not available: .*ECONNREFUSED.*\n$/);
    expect(status).toBe(2);
  },
);
