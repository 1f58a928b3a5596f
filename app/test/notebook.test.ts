import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ZipReader } from "../src/import-export/zip-reader.js";
import { type ZipEntry, zip } from "../src/import-export/zip-writer.js";
import { purge } from "../src/trash/purge.js";
import { onEachDatabase } from "./databases.js";
import { makeNote, makePad, newAddress, PASSWORD, startNotejam, type TestNotejam } from "./notejam.js";
import type { Answer, Visitor } from "./visitor.js";

const folder = mkdtempSync(path.join(tmpdir(), "notejam-zip-"));

async function zipOf(files: Record<string, string | Buffer>): Promise<Buffer> {
  async function* entries(): AsyncGenerator<ZipEntry> {
    for (const [name, text] of Object.entries(files)) {
      yield {
        path: name,
        modified: new Date(),
        content: typeof text === "string" ? Buffer.from(text) : text,
      };
    }
  }
  const pieces: Buffer[] = [];
  for await (const piece of zip(entries())) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function upload(person: Visitor, content: Buffer, token?: string): Promise<Answer> {
  const fields = (await person.get("/import/")).form.fields;
  const boundary = "----boundary";
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n${
    token ?? fields.csrfmiddlewaretoken
  }\r\n--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="notejam.zip"\r\nContent-Type: application/zip\r\n\r\n`;
  const payload = Buffer.concat([Buffer.from(head), content, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  const headers = { "content-type": `multipart/form-data; boundary=${boundary}` };
  return person.send("POST", "/import/", { headers, payload });
}

async function download(person: Visitor): Promise<{ content: Buffer; zip: ZipReader }> {
  const answer = await person.get("/export/notejam.zip");
  expect(answer.raw.headers["content-type"]).toBe("application/zip");
  const file = path.join(folder, `${Math.random()}.zip`);
  writeFileSync(file, answer.raw.rawPayload);
  return { content: readFileSync(file), zip: await ZipReader.open(file) };
}

onEachDatabase("the notebook", (database) => {
  let notejam: TestNotejam;
  beforeAll(async () => {
    notejam = await startNotejam(database());
  });
  afterAll(async () => {
    await notejam.app.close();
  });

  describe("search", () => {
    const find = async (person: Visitor, query: string) =>
      person.get(`/search/?q=${encodeURIComponent(query)}`);
    const found = (page: Answer) =>
      [...page.content.matchAll(/<h2><a href="\/notes\/(\d+)\//g)].map(([, id]) => Number(id));

    it("finds the user's notes that have all the words or prefixes, newest first, and marks them", async () => {
      const [person, stranger] = [await notejam.person(), await notejam.person()];
      const pad = await makePad(person, "Travel");
      const rome = await makeNote(
        person,
        "Rome",
        "Hotel near example.com/rome & the Ärztehaus; ask Zoë",
        String(pad),
      );
      const paris = await makeNote(person, "Paris hotels", "nothing booked");
      await makeNote(person, "Other", "unrelated");
      await makeNote(stranger, "Rome", "Hotel of a stranger");
      expect(found(await find(person, "hotel"))).toEqual([paris, rome]);
      expect(found(await find(person, "HOTEL rome"))).toEqual([rome]);
      expect(found(await find(person, "ärzte"))).toEqual([rome]);
      expect(found(await find(person, "example.com"))).toEqual([rome]);
      expect(found(await find(person, "com"))).toEqual([rome]);
      expect(found(await find(person, "zoë"))).toEqual([rome]);
      const page = await find(person, "hot");
      expect(page.title).toBe("Search (2)");
      expect(page.content).toContain("Paris <mark>hotels</mark>");
      expect(page.content).toContain("<mark>Hotel</mark> near");
      expect(page.content).toContain(`<a href="/pads/${pad}/" dir="auto">Travel</a>`);
      expect(page.content).toContain('value="hot"');
    });

    it("shows the part of a long text where the word is", async () => {
      const person = await notejam.person();
      await makeNote(person, "Long", `${"filler ".repeat(2_000)} needle <b> ${"rest ".repeat(2_000)}`);
      const page = await find(person, "needle");
      expect(page.content).toMatch(/… [^…]*<mark>needle<\/mark> &lt;b&gt;[^…]* …/);
      expect(page.content.length).toBeLessThan(3_000);
    });

    it.each([
      "'",
      "a' | b",
      "!",
      "((",
      ":*",
      "\\",
      "<b>",
      '"quoted words"',
      "a & !b",
      "\0",
      "%00",
      "x".repeat(5_000),
      "日本",
      "“–”",
      "' ' '",
    ])("answers the odd query %j", async (query) => {
      const person = await notejam.person();
      await makeNote(person, "n", "t");
      const page = await find(person, query);
      expect([page.status, page.title.startsWith("Search")]).toEqual([200, true]);
      expect(page.body).not.toContain("<b>");
    });

    it("cuts a long query between characters", async () => {
      const answer = await (await notejam.person()).get(
        `/search/?q=${encodeURIComponent(`${"a".repeat(499)}😀😀`)}&page=2`,
      );
      expect(answer.status).toBe(302);
    });

    it("ignores the trash, and says if there are no results", async () => {
      const person = await notejam.person();
      const id = await makeNote(person, "Gone", "vanishing");
      await person.submit(`/notes/${id}/delete/`);
      expect((await find(person, "vanishing")).content).toContain("No note has these words.");
      expect((await find(person, "…!")).status).toBe(200);
    });

    it("has pages", async () => {
      const person = await notejam.person();
      const pad = await makePad(person, "Many");
      await database().writes.execute(sql`
        insert into notes (user_id, pad_id, name, text) select user_id, id, 'many ' || n, 't' from pads, generate_series(1, 45) n
        where id = ${pad}`);
      const ids = new Set<number>();
      for (const page of [1, 2, 3]) {
        for (const id of found(await person.get(`/search/?q=many&page=${page}`))) ids.add(id);
      }
      expect(ids.size).toBe(45);
      expect((await person.get("/search/?q=many&page=9")).location).toBe("/search/?q=many");
    });
  });

  describe("the trash", () => {
    it("gives back a note, into its pad", async () => {
      const person = await notejam.person();
      const pad = await makePad(person, "Pad");
      const id = await makeNote(person, "Recovered", "precious", String(pad));
      await person.submit(`/notes/${id}/delete/`);
      const trash = await person.get("/trash/");
      expect(trash.title).toBe("Trash (1)");
      const form = trash.forms.find(({ action }) => action === `/trash/notes/${id}/restore/`);
      const answer = await person.post(form?.action ?? "", form?.fields ?? {});
      expect(answer.location).toBe(`/notes/${id}/`);
      const note = await person.follow(answer);
      expect([note.title, note.flash]).toEqual(["Recovered", "success: Note is successfully restored"]);
      expect((await person.get(`/pads/${pad}/`)).title).toBe("Pad (1)");
      expect((await person.get("/trash/")).title).toBe("Trash (0)");
    });

    it("gives back a pad with the notes that went with it, and no others", async () => {
      const person = await notejam.person();
      const pad = await makePad(person, "Whole");
      const before = await makeNote(person, "deleted before", "t", String(pad));
      await makeNote(person, "one", "t", String(pad));
      await makeNote(person, "two", "t", String(pad));
      await person.submit(`/notes/${before}/delete/`);
      await person.submit(`/pads/${pad}/delete/`);
      const trash = await person.get("/trash/");
      expect([trash.title, trash.content.includes("Pad with 2 notes")]).toEqual(["Trash (2)", true]);
      const { fields } = trash.form;
      const back = await person.follow(await person.post(`/trash/pads/${pad}/restore/`, fields));
      expect([back.title, back.flash]).toEqual(["Whole (2)", "success: Pad is successfully restored"]);
      expect((await person.get("/trash/")).title).toBe("Trash (1)");
    });

    it("gives back a note whose pad is in the trash without the pad", async () => {
      const person = await notejam.person();
      const pad = await makePad(person, "Gone");
      const id = await makeNote(person, "Alone", "t", String(pad));
      await person.submit(`/notes/${id}/delete/`);
      await person.submit(`/pads/${pad}/delete/`);
      const { fields } = (await person.get("/trash/")).form;
      const back = await person.follow(await person.post(`/trash/notes/${id}/restore/`, fields));
      expect(back.flash).toContain("it is in no pad now");
      expect((await person.get("/")).content).toContain("No pad");
    });

    it("keeps everything for three years, then the purge deletes it", async () => {
      const person = await notejam.person();
      const pad = await makePad(person, "Old pad");
      await makeNote(person, "old", "t", String(pad));
      const single = await makeNote(person, "single", "t");
      await person.submit(`/pads/${pad}/delete/`);
      await person.submit(`/notes/${single}/delete/`);
      const age = async (interval: string) => {
        await database().writes.execute(
          sql`update notes set deleted_at = now() - ${interval}::interval where deleted_at is not null`,
        );
        await database().writes.execute(
          sql`update pads set deleted_at = now() - ${interval}::interval where deleted_at is not null`,
        );
      };
      await age("3 years -1 day");
      expect(await purge(database())).toMatchObject({ notes: 0, pads: 0 });
      expect((await person.get("/trash/")).title).toBe("Trash (2)");
      await age("3 years 1 day");
      const purged = await purge(database());
      expect(purged.notes).toBeGreaterThanOrEqual(2);
      expect(purged.pads).toBeGreaterThanOrEqual(1);
      expect((await person.get("/trash/")).title).toBe("Trash (0)");
    });
  });

  it("does not purge a note that is restored at the same moment", async () => {
    const person = await notejam.person();
    const id = await makeNote(person, "restored");
    await database().writes.execute(
      sql`update notes set deleted_at = now() - interval '3 years 1 day' where id = ${id}`,
    );
    let purging: Promise<unknown> | undefined;
    await database().transaction(async (queries) => {
      await queries.execute(sql`update notes set deleted_at = null where id = ${id}`);
      purging = purge(database());
      await pause(300);
    });
    await purging;
    expect((await person.get(`/notes/${id}/`)).title).toBe("restored");
  });

  it("purges expired sessions, links and counters, and keeps the others", async () => {
    const person = await notejam.person();
    const other = await notejam.person();
    await database().writes.execute(sql`
      update sessions set last_seen_at = now() - interval '15 days'
      where user_id = (select id from users where email = ${other.email})`);
    await database().writes.execute(sql`
      insert into password_resets select 'old', id, now() - interval '1 minute' from users limit 1`);
    await database().writes.execute(
      sql`insert into rate_limits values ('old', 1, now() - interval '1 minute')`,
    );
    expect(await purge(database())).toMatchObject({ sessions: 1, passwordResets: 1, rateLimits: 1 });
    expect((await person.get("/")).status).toBe(200);
  });

  describe("export and import", () => {
    it("copy everything to another account: names, pads, dates, trash", async () => {
      const [person, other] = [await notejam.person(), await notejam.person()];
      const odd = 'a/b\\c:..<>|?*" 😀 ‮';
      const pad = await makePad(person, odd);
      await makeNote(person, odd, "line\nbreaks 😀\u2028 and ‮ more", String(pad));
      await makeNote(person, "..", "dots");
      await makeNote(person, "same", "one");
      await makeNote(person, "same", "two");
      const gone = await makeNote(person, "gone", "in the trash");
      await person.submit(`/notes/${gone}/delete/`);
      const lost = await makePad(person, "lost pad");
      await makeNote(person, "went with it", "t", String(lost));
      await person.submit(`/pads/${lost}/delete/`);

      const exported = await download(person);
      const manifest = JSON.parse((await exported.zip.read("notejam.json", 1e6)).toString());
      expect(manifest).toMatchObject({ format: "notejam", version: 1 });
      expect(manifest.notes).toHaveLength(6);
      for (const { file } of manifest.notes) {
        expect(file).toMatch(/^(Notes|Trash)\/[^/\\:*?"<>|]+\/[^/\\:*?"<>|]+-\d+\.txt$/);
        expect(exported.zip.has(file)).toBe(true);
      }

      const answer = await upload(other, exported.content);
      const list = await other.follow(answer);
      expect([list.title, list.flash]).toEqual(["All notes (4)", "success: 6 notes are imported"]);
      const again = (await download(other)).zip;
      const copied = JSON.parse((await again.read("notejam.json", 1e6)).toString());
      const comparable = (notes: { file: string; pad: number | null }[]) =>
        notes.map(({ file: _, pad: __, ...rest }) => rest);
      expect(comparable(copied.notes)).toEqual(comparable(manifest.notes));
      expect((await other.get("/trash/")).title).toBe("Trash (2)");

      const twice = await other.follow(await upload(other, exported.content));
      expect([twice.title, twice.flash]).toEqual([
        "All notes (4)",
        "success: 0 notes are imported, 6 were here already",
      ]);
      expect((await other.get("/")).body.match(/<li><a href="\/pads\/\d+\//g)).toHaveLength(1);
      const { fields } = (await other.get("/trash/")).form;
      const padId = copied.pads.find(({ name }: { name: string }) => name === "lost pad").id;
      expect((await other.follow(await other.post(`/trash/pads/${padId}/restore/`, fields))).title).toBe(
        "lost pad (1)",
      );
    });

    it("export an empty account", async () => {
      const { zip: reader } = await download(await notejam.person());
      expect(JSON.parse((await reader.read("notejam.json", 1e6)).toString()).notes).toEqual([]);
    });

    const note = {
      name: "n",
      pad: null,
      createdAt: "2020-01-01T00:00:00Z",
      updatedAt: "2020-01-01T00:00:00Z",
      deletedAt: null,
      deletedWithPad: false,
    };
    const manifestOf = (...notes: object[]) =>
      JSON.stringify({ format: "notejam", version: 1, pads: [], notes });

    it.each([
      ["no ZIP at all", () => Buffer.from("hello"), /cannot be read/],
      ["nothing", () => Buffer.alloc(0), /cannot be read/],
      ["another ZIP", () => zipOf({ "a.txt": "a" }), /notejam\.json is missing/],
      ["broken JSON", () => zipOf({ "notejam.json": "{" }), /not valid JSON/],
      ["another format", () => zipOf({ "notejam.json": '{"format":"x"}' }), /invalid at format/],
      [
        "a name too long",
        () => zipOf({ "notejam.json": manifestOf({ ...note, file: "a", name: "x".repeat(101) }) }),
        /invalid at notes\.0\.name/,
      ],
      [
        "an impossible date",
        () => zipOf({ "notejam.json": manifestOf({ ...note, file: "a", createdAt: "yesterday" }) }),
        /createdAt/,
      ],
      [
        "the 30 February",
        () =>
          zipOf({
            "notejam.json": manifestOf({ ...note, file: "a", createdAt: "2020-02-30T00:00:00Z" }),
            a: "x",
          }),
        /createdAt/,
      ],
      [
        "the year 0",
        () =>
          zipOf({
            "notejam.json": manifestOf({ ...note, file: "a", createdAt: "0000-01-01T00:00:00Z" }),
            a: "x",
          }),
        /createdAt/,
      ],
      [
        "more entries than a parser should meet",
        () => zipOf({ "notejam.json": `{"pads":[${"{},".repeat(3_000_000)}{}]}` }),
        /too many entries/,
      ],
      [
        "a text that is none",
        () =>
          zipOf({
            "notejam.json": manifestOf({ ...note, file: "a" }),
            a: Buffer.alloc(1_000_000, 0xff),
          }),
        /is not UTF-8 text/,
      ],
      [
        "a text too long",
        () => zipOf({ "notejam.json": manifestOf({ ...note, file: "a" }), a: "x".repeat(1_048_577) }),
        /larger than/,
      ],
      [
        "a way out of the folder",
        () => zipOf({ "notejam.json": manifestOf({ ...note, file: "../a" }), "../a": "x" }),
        /cannot be read/,
      ],
    ])("refuse %s with an explanation, and change nothing", async (_, make, message) => {
      const person = await notejam.person();
      const answer = await upload(person, await make());
      expect([answer.status, answer.errors.file]).toEqual([200, expect.stringMatching(message)]);
      expect((await person.get("/")).title).toBe("All notes (0)");
    });

    it("add notes once if the form is sent to two processes at the same time", async () => {
      const second = await startNotejam(database());
      const email = newAddress();
      const [one, two] = [notejam.visitor(), second.visitor()];
      await one.signUp(email, PASSWORD);
      await one.signIn(email, PASSWORD);
      await two.signIn(email, PASSWORD);
      const files = Array.from({ length: 300 }, (_, index) => `${index}`);
      const content = await zipOf({
        "notejam.json": manifestOf(...files.map((file) => ({ ...note, file, name: `n${file}` }))),
        ...Object.fromEntries(files.map((file) => [`${file}`, "text"])),
      });
      await Promise.all([upload(one, content), upload(two, content)]);
      expect((await one.get("/")).title).toBe("All notes (300)");
      await second.app.close();
    });

    it("show a note in the trash by itself when no pad there brings it back", async () => {
      const person = await notejam.person();
      const trashed = { ...note, file: "a", deletedAt: "2020-01-02T00:00:00Z", deletedWithPad: true };
      await upload(person, await zipOf({ "notejam.json": manifestOf(trashed), a: "x" }));
      expect((await person.get("/trash/")).title).toBe("Trash (1)");
    });

    it("reject a damaged file completely, even if notes before the damage were valid", async () => {
      const person = await notejam.person();
      const good = await zipOf({
        "notejam.json": manifestOf({ ...note, file: "a" }, { ...note, file: "b" }),
        a: "good",
        b: "x".repeat(10_000),
      });
      const at = good.indexOf("PK\u0001\u0002") - 12;
      good[at] = (good[at] ?? 0) ^ 0xff;
      expect((await upload(person, good)).errors.file).toMatch(/cannot be read/);
      expect((await person.get("/")).title).toBe("All notes (0)");
    });

    it.each([
      ["breaks off within the file", 'name="file"; filename="a.zip"\r\n\r\nPK'],
      ["breaks off within the headers", 'name="file"; filename="a.z'],
      ["has a part without a name", "\r\n\r\nPK\r\n--b--\r\n"],
    ])("refuse an upload that %s as the sender's fault", async (_, rest) => {
      const person = await notejam.person();
      const { fields } = (await person.get("/import/")).form;
      const payload = `--b\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n${fields.csrfmiddlewaretoken}\r\n--b\r\nContent-Disposition: form-data; ${rest}`;
      const headers = { "content-type": "multipart/form-data; boundary=b" };
      expect((await person.send("POST", "/import/", { headers, payload })).status).toBeLessThan(500);
    });

    it("accept several small uploads at the same time", async () => {
      const person = await notejam.person();
      const content = await zipOf({ "notejam.json": manifestOf() });
      const answers = await Promise.all(Array.from({ length: 6 }, () => upload(person, content)));
      expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(303));
    });

    it("reject a form without a file or with a wrong token", async () => {
      const person = await notejam.person();
      expect((await upload(person, await zipOf({ "notejam.json": manifestOf() }), "x")).status).toBe(403);
      expect((await person.post("/import/", {})).status).toBe(403);
      const { fields } = (await person.get("/import/")).form;
      const boundary = "b";
      const payload = `--b\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n${fields.csrfmiddlewaretoken}\r\n--b\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\n\r\n--b--\r\n`;
      const headers = { "content-type": `multipart/form-data; boundary=${boundary}` };
      expect((await person.send("POST", "/import/", { headers, payload })).errors.file).toBe(
        "This field is required.",
      );
    });
  });
});
