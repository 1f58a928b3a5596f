import { createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { quantile } from "../bench/paced-load.js";
import { ZipReader } from "../src/import-export/zip-reader.js";
import { PostgresServer } from "../test/postgres-server.js";
import { Browser } from "./browser.js";
import { buildProgram, type Program } from "./built-app.js";
import { NotejamProcess } from "./notejam-process.js";
import { cpuOf, residentMemory } from "./process-usage.js";
import { seedNotebook } from "./seed-notebook.js";

const NOTES = 100_000;
const PADS = 20;
const OWNER = "collector@example.com";
const TIMES = 100;
const SEARCHES = 10;
/** Requests until the JavaScript engine has compiled what it wants to. */
const WARM_UP = 2_000;
/** Another user's notes, for comparison. */
const FEW = { email: "few@example.com", notes: 100, pads: 5 };
/** Readers at once when processor time is measured: one by one, every request finds the caches cold. */
const AT_ONCE = 20;
const UNDER_LOAD = 600;
/** More than this would be a part of the notes held in memory: they are a hundred megabytes, in megabytes. */
const MEMORY_GROWTH = 40;

let server: PostgresServer;
let program: Program;
let notejam: NotejamProcess;
let browser: Browser;
let noteId: number;
let padId: number;
/** The application's part of a list of few notes, under load, in milliseconds. */
let cpuOfFew: number;

beforeAll(async () => {
  server = await PostgresServer.start();
  program = await buildProgram();
  notejam = await NotejamProcess.start({
    program,
    databaseUrl: server.url("postgres"),
    arguments: ["--migrate"],
    environment: { DRAIN_SECONDS: "0" },
  });
  browser = new Browser(notejam.port);
  await browser.enter(OWNER);
  await measureFew();
  await seedNotebook(server, "postgres", OWNER, { notes: NOTES, pads: PADS });
  const ids = await server.query(
    "postgres",
    `select (select max(notes.id)::int from notes) as note, min(pads.id)::int as pad
     from pads join users on users.id = pads.user_id where email = '${OWNER}'`,
  );
  [noteId, padId] = [ids.rows[0].note, ids.rows[0].pad];
});

afterAll(async () => {
  browser?.close();
  await notejam?.end("SIGKILL");
  program?.remove();
  await server?.remove();
});

async function measureFew(): Promise<void> {
  const other = new Browser(notejam.port);
  await other.enter(FEW.email);
  await seedNotebook(server, "postgres", FEW.email, FEW);
  await readUnderLoad(other, WARM_UP);
  cpuOfFew = await readUnderLoad(other, UNDER_LOAD);
  other.close();
}

/** Reads the list with several concurrent requests. @returns CPU time of the application per page, in milliseconds */
async function readUnderLoad(reader: Browser, requests: number): Promise<number> {
  const before = cpuOf(notejam.pid);
  let left = requests;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (; left > 0; left -= 1) expect((await reader.get("/")).status).toBe(200);
    }),
  );
  return (cpuOf(notejam.pid) - before) / requests;
}

/** Reads a page many times. @returns median response time, in milliseconds */
async function timePage(address: string, expected: RegExp, turns = TIMES): Promise<number> {
  const times: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const start = performance.now();
    const { status, body } = await browser.get(address);
    times.push(performance.now() - start);
    expect(status).toBe(200);
    expect(body).toMatch(expected);
  }
  const time = quantile(times, 0.5);
  console.log(`${address}: ${time.toFixed(1)} ms`);
  return time;
}

describe(`with ${NOTES} notes`, () => {
  it.each([
    ["/", /All notes \(100000\)/],
    ["/?page=1000", /All notes \(100000\)/],
    ["/?page=2000", /All notes \(100000\)/],
    ["/?order=name", /Note number 1</],
    ["/?order=-name&page=1000", /All notes \(100000\)/],
    ["/trash/", /Trash \(0\)/],
  ])("the list %s is served", async (address, expected) => {
    await timePage(address, expected);
  });

  it("a pad and a note are served", async () => {
    for (const address of [`/pads/${padId}/`, `/pads/${padId}/?order=name&page=90`, `/notes/${noteId}/`]) {
      await timePage(address, /Note number|Pad 1/);
    }
  });

  it("the list is served to many concurrent readers", async () => {
    const cpu = await readUnderLoad(browser, UNDER_LOAD);
    console.log(
      `application: ${cpu.toFixed(2)} CPU-ms for a list of ${NOTES} notes, ${cpuOfFew.toFixed(2)} for one of ${FEW.notes}`,
    );
  });

  it.each([
    ["a word that one note has", "/search/?q=only77777", /Note number 77777</],
    ["the beginning of words that many notes have", "/search/?q=only7", /<mark>only7/],
    ["words that all notes have", "/search/?q=milk+garden+recipe", /100000/],
    ["a far page of all notes", "/search/?q=milk&page=4000", /<mark>milk/],
    ["a word that no note has", "/search/?q=submarine", /submarine/],
  ])("a search for %s finds it", async (_, address, expected) => {
    await timePage(address, expected, SEARCHES);
  });

  describe("the export", () => {
    let folder: string;
    let file: string;
    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), "notejam-volume-"));
      file = path.join(folder, "notejam.zip");
    });
    afterAll(async () => {
      await rm(folder, { recursive: true, force: true });
    });

    it("streams in constant memory, and other requests are served meanwhile", async () => {
      const before = residentMemory(notejam.pid);
      let most = before;
      const others: number[] = [];
      const visitor = new Browser(notejam.port);
      let done = false;
      const watching = (async () => {
        while (!done) {
          most = Math.max(most, residentMemory(notejam.pid));
          const start = performance.now();
          await visitor.get("/signin/");
          others.push(performance.now() - start);
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      })();
      const start = performance.now();
      const firstByte = await download(file);
      const took = performance.now() - start;
      done = true;
      await watching;
      visitor.close();
      const { size } = await stat(file);
      console.log(`export: ${(size / 1e6).toFixed(0)} MB in ${(took / 1000).toFixed(1)} s, first byte after ${firstByte.toFixed(0)} ms
memory ${before.toFixed(0)} MB before, at most ${most.toFixed(0)} MB
sign-in page meanwhile: p50 ${quantile(others, 0.5).toFixed(1)} ms, p99 ${quantile(others, 0.99).toFixed(1)} ms`);
      expect(most - before).toBeLessThan(MEMORY_GROWTH);
    });

    it("has every note", async () => {
      const zip = await ZipReader.open(file);
      const manifest = JSON.parse((await zip.read("notejam.json", 1e9)).toString());
      expect(manifest.notes).toHaveLength(NOTES);
      expect(manifest.pads).toHaveLength(PADS);
      const files: string[] = manifest.notes.map((note: { file: string }) => note.file);
      expect(new Set(files).size).toBe(NOTES);
      expect(files.filter((name) => !zip.has(name))).toEqual([]);
      const last = files.at(-1) ?? "";
      expect((await zip.read(last, 10_000)).toString()).toMatch(/^only100000 milk/);
      zip.close();
    });
  });
});

/** @returns milliseconds until the first byte of the file */
async function download(file: string): Promise<number> {
  const start = performance.now();
  const headers = { cookie: browser.cookieHeader };
  const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
    http.get(`${notejam.url}/export/notejam.zip`, { headers }, resolve).on("error", reject);
  });
  expect(answer.statusCode).toBe(200);
  let firstByte = Number.NaN;
  answer.once("data", () => {
    firstByte = performance.now() - start;
  });
  await pipeline(answer, createWriteStream(file));
  return firstByte;
}
