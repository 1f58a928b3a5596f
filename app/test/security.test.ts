import { pbkdf2Sync } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tokenHash } from "../src/auth/tokens.js";
import { passwordResets, sessions, users } from "../src/database/schema.js";
import { onEachDatabase } from "./databases.js";
import { makeNote, newAddress, PASSWORD, startNotejam, type TestNotejam } from "./notejam.js";
import { Visitor } from "./visitor.js";

onEachDatabase("security", (database) => {
  let notejam: TestNotejam;
  beforeAll(async () => {
    notejam = await startNotejam(database());
  });
  afterAll(async () => {
    await notejam.app.close();
  });

  describe("CSRF", () => {
    it("rejects forms without the token, with another one, and with that of another browser", async () => {
      const person = await notejam.person();
      const other = await notejam.person();
      const foreign = (await other.get("/pads/create/")).form.fields.csrfmiddlewaretoken ?? "";
      for (const csrfmiddlewaretoken of ["", "x", "x".repeat(43), foreign]) {
        const answer = await person.post("/pads/create/", { csrfmiddlewaretoken, name: "forged" });
        expect([answer.status, answer.title], csrfmiddlewaretoken).toEqual([403, "Form rejected"]);
      }
      expect((await person.get("/")).body).toContain("No pads");
    });

    it.each(["/signin/", "/signup/", "/forgot-password/"])("rejects forms at %s", async (url) => {
      const answer = await notejam.visitor().post(url, { email: "a@example.com", password: "x" });
      expect(answer.status).toBe(403);
    });

    it("rejects the token of a signed-out visitor after signing in", async () => {
      const visitor = notejam.visitor();
      const email = newAddress();
      await visitor.signUp(email, PASSWORD);
      const before = (await visitor.get("/signin/")).form.fields;
      await visitor.signIn(email, PASSWORD);
      expect((await visitor.post("/pads/create/", { ...before, name: "x" })).status).toBe(403);
    });

    it.each([
      [{ origin: "https://evil.example" }, 403],
      [{ origin: "null" }, 403],
      [{ origin: "http://localhost:81" }, 403],
      [{ origin: "https://localhost:80" }, 403],
      [{ "sec-fetch-site": "cross-site" }, 403],
      [{ "sec-fetch-site": "same-site" }, 403],
      [{ origin: "http://localhost:80", "sec-fetch-site": "same-origin" }, 303],
      [{}, 303],
    ])("with the headers %j end with %i even with the right token", async (headers, status) => {
      const person = await notejam.person();
      const { fields } = (await person.get("/pads/create/")).form;
      const answer = await person.post(
        "/pads/create/",
        { ...fields, name: "x" },
        { host: "localhost:80", ...headers },
      );
      expect(answer.status).toBe(status);
    });

    it("cannot sign anyone out from another site", async () => {
      const person = await notejam.person();
      await person.get("/signout/", { "sec-fetch-site": "cross-site" });
      await person.get("/signout/", { "sec-fetch-site": "same-origin", "sec-purpose": "prefetch" });
      await person.send("HEAD", "/signout/");
      expect((await person.get("/")).status).toBe(200);
    });
  });

  describe("sessions", () => {
    it("are stored as hashes only, renewed at each sign-in, and not fixed by a cookie from outside", async () => {
      const email = newAddress();
      const visitor = notejam.visitor();
      await visitor.signUp(email, PASSWORD);
      const planted = "A".repeat(43);
      visitor.cookies.set("session", planted);
      await visitor.signIn(email, PASSWORD);
      const first = visitor.cookies.get("session") ?? "";
      expect(first).toMatch(/^[\w-]{43}$/);
      expect(first).not.toBe(planted);
      await visitor.signIn(email, PASSWORD);
      const second = visitor.cookies.get("session") ?? "";
      expect(second).not.toBe(first);
      const stored = await database()
        .reads.select()
        .from(sessions)
        .where(eq(sessions.tokenHash, tokenHash(second)));
      expect(stored).toHaveLength(1);
      expect(await database().reads.select().from(sessions).where(eq(sessions.tokenHash, second))).toEqual(
        [],
      );
      visitor.cookies.set("session", first);
      expect((await visitor.get("/")).status).toBe(302);
    });

    it.each([
      ["last_seen_at = now() - interval '15 days'", 302],
      ["last_seen_at = now() - interval '13 days'", 200],
      ["created_at = now() - interval '91 days'", 302],
    ])("with %s answer %i", async (change, status) => {
      const person = await notejam.person();
      const hash = tokenHash(person.cookies.get("session") ?? "");
      await database().writes.execute(sql`update sessions set ${sql.raw(change)} where token_hash = ${hash}`);
      expect((await person.get("/")).status).toBe(status);
    });

    it("live on while they are used", async () => {
      const person = await notejam.person();
      const hash = tokenHash(person.cookies.get("session") ?? "");
      await database().writes.execute(
        sql`update sessions set last_seen_at = now() - interval '1 day' where token_hash = ${hash}`,
      );
      expect((await person.get("/")).raw.headers["set-cookie"]).toMatch(/Max-Age=1209600/);
      await expect
        .poll(async () => {
          const [session] = await database()
            .reads.select()
            .from(sessions)
            .where(eq(sessions.tokenHash, hash));
          return Date.now() - (session?.lastSeenAt.getTime() ?? 0);
        })
        .toBeLessThan(60_000);
    });

    it.each(["", "x", "'; drop table sessions; --", "A".repeat(43), "A".repeat(8_000)])(
      "are not opened by the cookie %s",
      async (value) => {
        const visitor = notejam.visitor();
        visitor.cookies.set("session", value);
        expect((await visitor.get("/")).status).toBe(302);
      },
    );
  });

  describe("passwords", () => {
    it("are stored as argon2id with the recommended cost", async () => {
      const { email } = await notejam.person();
      const [user] = await database().reads.select().from(users).where(eq(users.email, email));
      expect(user?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    });

    it("of the former application work, and are stored anew at the first sign-in", async () => {
      const email = newAddress();
      const derived = pbkdf2Sync(PASSWORD, "abcdefghijkl", 12_000, 32, "sha256").toString("base64");
      const passwordHash = `pbkdf2_sha256$12000$abcdefghijkl$${derived}`;
      await database().writes.insert(users).values({ email, passwordHash });
      expect((await notejam.visitor().signIn(email, `${PASSWORD}x`)).flash).toBe(
        "error: Wrong email or password",
      );
      expect((await notejam.visitor().signIn(email, PASSWORD)).location).toBe("/");
      const [user] = await database().reads.select().from(users).where(eq(users.email, email));
      expect(user?.passwordHash).toMatch(/^\$argon2id\$/);
      expect((await notejam.visitor().signIn(email, PASSWORD)).location).toBe("/");
    });

    it.each(["!", "pbkdf2_sha256$$$", "pbkdf2_sha256$99999999$a$YWJj", "sha1$a$b", "$argon2id$broken", ""])(
      "stored as %j open nothing",
      async (passwordHash) => {
        const email = newAddress();
        await database().writes.insert(users).values({ email, passwordHash });
        expect((await notejam.visitor().signIn(email, PASSWORD)).flash).toBe(
          "error: Wrong email or password",
        );
      },
    );
  });

  describe("a forgotten password", () => {
    const linkIn = (text: string) => /http:\/\/[^\s/]+(\/reset\/[\w-]{43}\/)/.exec(text)?.[1] ?? "";
    const ask = async (email: string): Promise<string> => {
      const before = notejam.mails.length;
      await notejam.visitor().submit("/forgot-password/", { email });
      await expect.poll(() => notejam.mails.length).toBe(before + 1);
      return linkIn(notejam.mails.at(-1)?.text ?? "");
    };
    const choose = (link: string, password: string) =>
      notejam.visitor().submit(link, { new_password1: password, new_password2: password });

    it("has the same response for known and unknown addresses", async () => {
      const { email } = await notejam.person();
      const before = notejam.mails.length;
      const answers = [];
      for (const address of [email, newAddress()]) {
        const visitor = notejam.visitor();
        const start = performance.now();
        const answer = await visitor.submit("/forgot-password/", { email: address });
        const page = await visitor.follow(answer);
        answers.push([answer.status, answer.location, page.flash, performance.now() - start > 95]);
      }
      expect(answers[0]).toEqual([
        303,
        "/signin/",
        "success: New password is sent in your email inbox",
        true,
      ]);
      expect(answers[1]).toEqual(answers[0]);
      await expect.poll(() => notejam.mails.length).toBe(before + 1);
      expect(notejam.mails.at(-1)).toMatchObject({ to: email, subject: "Notejam password reset" });
    });

    it("is replaced through a link that works once and ends all sessions", async () => {
      const person = await notejam.person();
      const unused = await ask(person.email);
      const link = await ask(person.email);
      expect((await notejam.visitor().signIn(person.email, PASSWORD)).location).toBe("/");
      const stored = await database().reads.select().from(passwordResets);
      expect(JSON.stringify(stored)).not.toContain(link.split("/")[2]);

      const refused = await notejam
        .visitor()
        .submit(link, { new_password1: "new password", new_password2: "other" });
      expect(refused.errors).toEqual({ new_password2: "The two password fields didn't match." });
      const answer = await choose(link, "new password");
      expect(answer.location).toBe("/signin/");
      expect((await person.get("/")).status).toBe(302);
      expect((await notejam.visitor().signIn(person.email, PASSWORD)).flash).toBe(
        "error: Wrong email or password",
      );
      expect((await notejam.visitor().signIn(person.email, "new password")).location).toBe("/");
      for (const used of [link, unused]) expect((await notejam.visitor().get(used)).status).toBe(404);
    });

    it("is replaced once when a link is used twice at the same moment", async () => {
      const { email } = await notejam.person();
      const link = await ask(email);
      const answers = await Promise.all(
        ["first password", "other password"].map((password) => choose(link, password)),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([303, 404]);
    });

    it("cannot be replaced by a link that is too old or invented", async () => {
      const { email } = await notejam.person();
      const link = await ask(email);
      await database().writes.execute(
        sql`update password_resets set expires_at = now() - interval '1 second'`,
      );
      for (const wrong of [link, `/reset/${"A".repeat(43)}/`, "/reset/x/", "/reset/'/"]) {
        const got = await notejam.visitor().get(wrong);
        expect([got.status, got.title], wrong).toEqual([404, "Choose a new password"]);
      }
    });

    it("is not reported for a text that is no address", async () => {
      const answer = await notejam.visitor().submit("/forgot-password/", { email: "no-address" });
      expect(answer.errors).toEqual({ email: "Enter a valid email address." });
      const header = await notejam
        .visitor()
        .submit("/forgot-password/", { email: "a@example.com\r\nBcc: b@example.com" });
      expect(header.errors).toEqual({ email: "Enter a valid email address." });
    });
  });

  it.each([
    ["//evil.example", "/"],
    ["/\\evil.example", "/"],
    ["/\t/evil.example", "/"],
    ["\n//evil.example", "/"],
    ["https://evil.example/", "/"],
    ["javascript:alert(1)", "/"],
    ["http:/evil", "/"],
    ["/.//evil.example", "/"],
    ["notes/1/", "/"],
    ["/pads/1/?order=name", "/pads/1/?order=name"],
  ])("goes from next=%j to %j after signing in", async (next, target) => {
    const person = await notejam.person();
    const answer = await person.signIn(person.email, PASSWORD, `/signin/?next=${encodeURIComponent(next)}`);
    expect(answer.location).toBe(target);
  });

  it("sends headers that keep browsers on the safe side", async () => {
    const person = await notejam.person();
    for (const page of [
      await person.get("/"),
      await person.get("/nothing/"),
      await notejam.visitor().get("/signin/"),
    ]) {
      expect(page.raw.headers).toMatchObject({
        "content-security-policy":
          "default-src 'none';style-src 'self';img-src 'self';form-action 'self';base-uri 'none';frame-ancestors 'none'",
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cache-control": "private, no-store",
        "x-frame-options": "DENY",
      });
      expect(page.raw.headers).not.toHaveProperty("strict-transport-security");
      expect(page.raw.headers).not.toHaveProperty("x-powered-by");
      expect(page.body).not.toMatch(/<script|<style|\sstyle=|\son\w+=/);
    }
  });

  it("binds cookies to https and asks browsers to stay there when the public address is https", async () => {
    const secured = await startNotejam(database(), {
      environment: { BASE_URL: "https://notes.example.com" },
    });
    const email = newAddress();
    const visitor = secured.visitor();
    const page = await visitor.get("/signin/");
    expect(page.raw.headers["strict-transport-security"]).toBe("max-age=63072000");
    await visitor.signUp(email, PASSWORD);
    const answer = await visitor.signIn(email, PASSWORD);
    expect(String(answer.raw.headers["set-cookie"])).toMatch(
      /^__Host-session=[\w-]{43}; Max-Age=1209600; Path=\/; HttpOnly; Secure; SameSite=Lax/,
    );
    const { fields } = (await visitor.get("/pads/create/")).form;
    const from = (origin: string) => visitor.post("/pads/create/", { ...fields, name: "x" }, { origin });
    expect((await from("https://notes.example.com")).status).toBe(303);
    expect((await from("https://evil.example")).status).toBe(403);
    await secured.app.close();
  });

  describe("rate limits", () => {
    let strict: TestNotejam;
    let otherProcess: TestNotejam;
    beforeAll(async () => {
      strict = await startNotejam(database(), { environment: { RATE_LIMIT: "on", TRUST_PROXY: "1" } });
      otherProcess = await startNotejam(database(), { environment: { RATE_LIMIT: "on", TRUST_PROXY: "1" } });
    });
    afterAll(async () => {
      await strict.app.close();
      await otherProcess.app.close();
    });

    it("stop guessing a password after ten tries, from wherever and in whichever process", async () => {
      const { email } = await notejam.person();
      const statuses: number[] = [];
      for (let attempt = 0; attempt < 12; attempt += 1) {
        const process = attempt % 2 === 0 ? strict : otherProcess;
        statuses.push((await process.visitor(`192.0.2.${attempt}`).signIn(email, "wrong password")).status);
      }
      expect(statuses).toEqual([...Array(10).fill(200), 429, 429]);
      const counted = await strict.app.metrics.signIns.get();
      expect(counted.values.find(({ labels }) => labels.result === "limited")?.value).toBe(1);
      const refused = await strict.visitor("192.0.2.200").signIn(email.toUpperCase(), PASSWORD);
      expect([refused.status, refused.title]).toEqual([429, "Too many attempts"]);
      expect(Number(refused.raw.headers["retry-after"])).toBeGreaterThan(0);
      expect(Number(refused.raw.headers["retry-after"])).toBeLessThanOrEqual(900);
      await database().writes.execute(sql`update rate_limits set expires_at = now() - interval '1 second'`);
      expect((await strict.visitor("192.0.2.200").signIn(email, PASSWORD)).location).toBe("/");
    });

    it("start again after the right password", async () => {
      const { email } = await notejam.person();
      for (let round = 0; round < 2; round += 1) {
        for (let attempt = 0; attempt < 9; attempt += 1) {
          await strict.visitor("198.51.100.1").signIn(email, "wrong password");
        }
        expect((await strict.visitor("198.51.100.1").signIn(email, PASSWORD)).location).toBe("/");
      }
    });

    it("apply to mails to one address, known or not", async () => {
      for (const email of [(await notejam.person()).email, newAddress()]) {
        const statuses = [];
        for (let attempt = 0; attempt < 7; attempt += 1) {
          statuses.push((await strict.visitor().submit("/forgot-password/", { email })).status);
        }
        expect(statuses).toEqual([303, 303, 303, 303, 303, 429, 429]);
      }
    });

    it("count the address seen by the trusted proxy, and an IPv6 network as one", async () => {
      await database().writes.execute(sql`delete from rate_limits`);
      const from = async (forwarded: string): Promise<number> => {
        const visitor = new Visitor(strict.app);
        const { form } = await visitor.get("/signin/");
        const fields = { ...form.fields, email: newAddress(), password: "x" };
        return (await visitor.post("/signin/", fields, { "x-forwarded-for": forwarded })).status;
      };
      await database().writes.execute(sql`delete from rate_limits`);
      expect(await from("203.0.113.7")).toBe(200);
      await database().writes.execute(sql`update rate_limits set count = 1000`);
      expect(await from("spoofed, 203.0.113.7")).toBe(429);
      expect(await from("203.0.113.7, 203.0.113.8")).toBe(200);
      await database().writes.execute(sql`delete from rate_limits`);
      expect(await from("2001:db8:1:2::1")).toBe(200);
      await database().writes.execute(sql`update rate_limits set count = 1000`);
      expect(await from("2001:db8:1:2:ffff::9")).toBe(429);
      expect(await from("2001:db8:1:3::1")).toBe(200);
    });

    it("store neither addresses nor names", async () => {
      const rows = await database().reads.execute<{ key: string }>(sql`select key from rate_limits`);
      for (const { key } of rows.rows) expect(key).toMatch(/^[\w-]{43}$/);
    });
  });

  it("logs what happened, without personal data", async () => {
    const person = await notejam.person();
    const id = await makeNote(person, "SecretName", "SecretText");
    await person.get(`/notes/${id}/?token=SecretQuery`);
    await person.get("/search/?q=SecretWord");
    await person.get("/nothing/SecretPath/");
    await notejam.visitor().signIn(person.email, "SecretPassword");
    const lines = notejam.logged.map((line) => JSON.parse(line));
    expect(lines).toContainEqual(
      expect.objectContaining({ method: "GET", route: "/notes/:id/", status: 200 }),
    );
    expect(lines.filter(({ msg }) => msg === "request").every(({ reqId }) => typeof reqId === "string")).toBe(
      true,
    );
    const log = notejam.logged.join("");
    expect(log).not.toMatch(/Secret|person\d|@example|127\.0\.0\.1/);
    expect(log).not.toContain(person.cookies.get("session"));
  });
});
