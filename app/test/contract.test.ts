import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { onEachDatabase } from "./databases.js";
import { makeNote, makePad, newAddress, PASSWORD, startNotejam, type TestNotejam } from "./notejam.js";
import type { Visitor } from "./visitor.js";

const REQUIRED = "This field is required.";

onEachDatabase("the contract", (database) => {
  let notejam: TestNotejam;
  beforeAll(async () => {
    notejam = await startNotejam(database());
  });
  afterAll(async () => {
    await notejam.app.close();
  });

  describe("addresses", () => {
    const protectedPages = [
      ...["/", "/account/", "/notes/create/", "/notes/1/", "/notes/1/edit/", "/notes/1/delete/"],
      ...["/pads/create/", "/pads/1/", "/pads/1/edit/", "/pads/1/delete/"],
      ...["/search/", "/trash/", "/export/", "/import/", "/settings/"],
    ];

    it.each(protectedPages)("sends a signed-out visitor of %s to the sign-in page and back", async (url) => {
      const got = await notejam.visitor().get(url);
      expect([got.status, got.location]).toEqual([302, `/signin/?next=${url}`]);
    });

    it.each(["/notes/create/", "/notes/99/edit/", "/pads/99/delete/", "/account/"])(
      "does so when a form is posted to %s, before anything is looked up",
      async (url) => {
        const posted = await notejam.visitor().post(url, { name: "x" });
        expect([posted.status, posted.location]).toEqual([302, `/signin/?next=${url}`]);
      },
    );

    it.each(["/signup", "/signin", "/forgot-password"])(
      "redirects %s to its address with a slash",
      async (url) => {
        const got = await notejam.visitor().get(`${url}?next=/a`);
        expect([got.status, got.location]).toEqual([301, `${url}/?next=/a`]);
      },
    );

    it("takes a form at the address without a slash, too", async () => {
      const visitor = notejam.visitor();
      const { form } = await visitor.get("/signup/");
      const answer = await visitor.post("/signup", { ...form.fields, email: "" });
      expect(answer.errors.email).toBe(REQUIRED);
    });

    it.each([
      "/nothing/",
      "/signup/whatever/",
      "/notes/abc/",
      "/notes/-1/",
      "/notes/1.5/",
      "/pads/1e3/edit/",
    ])("has a page in the site's design for the unknown address %s", async (url) => {
      const got = await notejam.visitor().get(url);
      expect([got.status, got.title]).toEqual([404, "Page not found"]);
      expect(got.body).toContain('class="bold-header"');
    });

    it.each(["/%", "/%zz/", "/notes/%ff/", "/%00", "/notes/%00/"])(
      "is 404 for the broken address %s",
      async (url) => {
        expect((await notejam.visitor().get(url)).status).toBe(404);
      },
    );

    it("serves the style sheet to anyone, and pages refer to it by content", async () => {
      const visitor = notejam.visitor();
      const plain = await visitor.get("/static/css/style.css");
      expect([plain.status, plain.raw.headers["content-type"]]).toEqual([200, "text/css; charset=utf-8"]);
      const href = /href="(\/static\/css\/style\.css\?v=\w+)"/.exec(
        (await visitor.get("/signin/")).body,
      )?.[1];
      const kept = await visitor.get(href ?? "");
      expect([kept.status, kept.raw.headers["cache-control"]]).toEqual([
        200,
        "public, max-age=31536000, immutable",
      ]);
      // During a rollout, a page of another release may request a style sheet with other content.
      const another = await visitor.get("/static/css/style.css?v=0123456789ab");
      expect([another.status, another.raw.headers["cache-control"]]).toEqual([200, "no-cache"]);
    });

    it("redirects /settings/ to /account/", async () => {
      const person = await notejam.person();
      expect((await person.get("/settings/")).location).toBe("/account/");
    });

    it.each(["2147483648", "99999999999999999999", "0"])("is 404 for the impossible id %s", async (id) => {
      const person = await notejam.person();
      for (const url of [`/notes/${id}/`, `/notes/${id}/edit/`, `/pads/${id}/`, `/pads/${id}/delete/`]) {
        expect((await person.get(url)).status, url).toBe(404);
      }
    });
  });

  describe("sign up", () => {
    it("makes an account and asks to sign in with it", async () => {
      const visitor = notejam.visitor();
      const answer = await visitor.signUp(newAddress(), PASSWORD);
      expect([answer.status, answer.location]).toEqual([303, "/signin/"]);
      const page = await visitor.follow(answer);
      expect(page.flash).toBe("success: Account is created. Now you can sign in.");
      expect((await visitor.get("/signin/")).flash).toBeUndefined();
      expect((await visitor.get("/")).location).toBe("/signin/?next=/");
    });

    it("reports every missing field together", async () => {
      const answer = await notejam.visitor().submit("/signup/");
      expect(answer.status).toBe(200);
      expect(answer.errors).toEqual({ email: REQUIRED, password: REQUIRED, repeat_password: REQUIRED });
    });

    it.each([
      "no-address",
      "a@b",
      "a b@example.com",
      "a@example..com",
      "@example.com",
      "a@example.com>",
      "a@1.2.3.4",
    ])("refuses %s as an address and keeps it in the form", async (email) => {
      const answer = await notejam.visitor().signUp(email, PASSWORD);
      expect(answer.errors).toEqual({ email: "Enter a valid email address." });
      expect(answer.form.fields.email).toBe(email);
    });

    it("takes addresses up to 254 characters, with blanks around them", async () => {
      const long = `${"a".repeat(60)}@${`${"b".repeat(60)}.`.repeat(3)}${"c".repeat(10)}`;
      expect(long).toHaveLength(254);
      expect((await notejam.visitor().signUp(`  ${long} `, PASSWORD)).location).toBe("/signin/");
      expect((await notejam.visitor().signUp(`x${long}`, PASSWORD)).errors.email).toBe(
        "Ensure this value has at most 254 characters (it has 255).",
      );
    });

    it("rejects a taken address, ignoring case", async () => {
      const email = newAddress();
      await notejam.visitor().signUp(email, PASSWORD);
      const answer = await notejam.visitor().signUp(email.toUpperCase(), PASSWORD);
      expect(answer.errors).toEqual({ email: "User with this email is already signed up" });
    });

    it("lets one of two simultaneous sign-ups win", async () => {
      const email = newAddress();
      const answers = await Promise.all([1, 2, 3].map(() => notejam.visitor().signUp(email, PASSWORD)));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 303]);
    });

    it("rejects passwords that differ, and never sends one back", async () => {
      const answer = await notejam
        .visitor()
        .submit("/signup/", { email: newAddress(), password: PASSWORD, repeat_password: "something else" });
      expect(answer.errors).toEqual({ repeat_password: "Your passwords do not match" });
      expect(answer.form.fields).toMatchObject({ password: "", repeat_password: "" });
      expect(answer.body).not.toContain(PASSWORD);
    });

    it("asks for 8 to 1024 characters and takes them as they are", async () => {
      expect((await notejam.visitor().signUp(newAddress(), "1234567")).errors.password).toBe(
        "Ensure this value has at least 8 characters (it has 7).",
      );
      expect((await notejam.visitor().signUp(newAddress(), "x".repeat(1025))).errors.password).toBe(
        "Ensure this value has at most 1024 characters (it has 1025).",
      );
      const [email, odd] = [newAddress(), `  ${"😀".repeat(8)} `];
      await notejam.visitor().signUp(email, odd);
      expect((await notejam.visitor().signIn(email, odd.trim())).flash).toBe(
        "error: Wrong email or password",
      );
      expect((await notejam.visitor().signIn(email, odd)).location).toBe("/");
    });
  });

  describe("sign in and out", () => {
    it("leads to all notes, without a message", async () => {
      const email = newAddress();
      const visitor = notejam.visitor();
      await visitor.signUp(email, PASSWORD);
      await visitor.get("/signin/");
      const answer = await visitor.signIn(email.toUpperCase(), PASSWORD);
      expect([answer.status, answer.location]).toEqual([303, "/"]);
      const page = await visitor.follow(answer);
      expect(page.flash).toBeUndefined();
      expect(page.body).toContain(`${email}:`);
      expect(page.body).toContain('<a href="/account/">Account settings</a>');
      expect(page.body).toContain('<a href="/signout/">Sign out</a>');
    });

    it("answers an unknown address like a wrong password", async () => {
      const { email } = await notejam.person();
      for (const [address, password] of [
        [email, "wrong password"],
        [newAddress(), PASSWORD],
      ] as const) {
        const answer = await notejam.visitor().signIn(address, password);
        expect(answer.status).toBe(200);
        expect(answer.flash).toBe("error: Wrong email or password");
        expect(answer.errors).toEqual({});
        expect(answer.form.fields.email).toBe(address);
      }
    });

    it("asks for both fields", async () => {
      expect((await notejam.visitor().submit("/signin/")).errors).toEqual({
        email: REQUIRED,
        password: REQUIRED,
      });
      expect((await notejam.visitor().signIn("no-address", "x")).errors).toEqual({
        email: "Enter a valid email address.",
      });
    });

    it("redirects to the requested page", async () => {
      const person = await notejam.person();
      const id = await makeNote(person, "Mine");
      await person.get("/signout/");
      const sent = await person.get(`/notes/${id}/edit/?a=b&c=d`);
      const answer = await person.signIn(person.email, PASSWORD, sent.location);
      expect(answer.location).toBe(`/notes/${id}/edit/?a=b&c=d`);
    });

    it.each(["GET", "POST"] as const)("signs out by %s and ends the session", async (method) => {
      const person = await notejam.person();
      const stolen = notejam.visitor();
      for (const [name, value] of person.cookies) stolen.cookies.set(name, value);
      expect((await stolen.get("/")).status).toBe(200);
      const answer =
        method === "GET"
          ? await person.get("/signout/")
          : await person.post("/signout/", (await person.get("/account/")).form.fields);
      expect([answer.status, answer.location]).toEqual([302, "/"]);
      expect((await person.get("/")).location).toBe("/signin/?next=/");
      expect((await stolen.get("/")).location).toBe("/signin/?next=/");
    });
  });

  describe("account settings", () => {
    const NEW_PASSWORD = "another good one";
    const change = (person: Visitor, old_password: string, new_password1: string, new_password2: string) =>
      person.submit("/account/", { old_password, new_password1, new_password2 });

    it("changes the password, ends all other sessions and renews this one", async () => {
      const person = await notejam.person();
      const elsewhere = notejam.visitor();
      await elsewhere.signIn(person.email, PASSWORD);
      const before = person.cookies.get("session");
      const answer = await change(person, PASSWORD, NEW_PASSWORD, NEW_PASSWORD);
      expect([answer.status, answer.location]).toEqual([303, "/"]);
      expect((await person.follow(answer)).flash).toBe("success: Password is successfully changed");
      expect(person.cookies.get("session")).not.toBe(before);
      expect((await elsewhere.get("/")).status).toBe(302);
      expect((await notejam.visitor().signIn(person.email, PASSWORD)).flash).toBe(
        "error: Wrong email or password",
      );
      expect((await notejam.visitor().signIn(person.email, NEW_PASSWORD)).location).toBe("/");
    });

    it("rejects a wrong old password, a different repetition and missing fields", async () => {
      const person = await notejam.person();
      expect((await change(person, "wrong password", NEW_PASSWORD, NEW_PASSWORD)).errors).toEqual({
        old_password: "Your old password was entered incorrectly. Please enter it again.",
      });
      expect((await change(person, PASSWORD, NEW_PASSWORD, "something else")).errors).toEqual({
        new_password2: "The two password fields didn't match.",
      });
      expect((await person.submit("/account/")).errors).toEqual({
        old_password: REQUIRED,
        new_password1: REQUIRED,
        new_password2: REQUIRED,
      });
      expect((await change(person, PASSWORD, "short", "short")).errors.new_password1).toMatch(/at least 8/);
      expect((await notejam.visitor().signIn(person.email, PASSWORD)).location).toBe("/");
    });
  });

  describe("pads", () => {
    it("can be created, shown, renamed and deleted with their notes", async () => {
      const person = await notejam.person();
      const made = await person.submit("/pads/create/", { name: "  Travel <plans> " });
      expect(made.location).toMatch(/^\/pads\/\d+\/$/);
      const pad = await person.follow(made);
      expect(pad.flash).toBe("success: Pad is successfully created");
      expect(pad.title).toBe("Travel <plans> (0)");
      expect(pad.content).toContain("Create your first note in the pad.");

      const id = Number(/\d+/.exec(made.location ?? "")?.[0]);
      expect(pad.content).toContain(`href="/notes/create/?pad=${id}"`);
      expect((await person.get(`/notes/create/?pad=${id}`)).form.fields.pad).toBe(String(id));
      const note = await makeNote(person, "Rome", "text", String(id));
      expect((await person.get(`/pads/${id}/`)).title).toBe("Travel <plans> (1)");

      const edit = await person.get(`/pads/${id}/edit/`);
      expect([edit.title, edit.form.fields.name]).toEqual(["Travel <plans>", "Travel <plans>"]);
      expect(edit.content).toContain(`href="/pads/${id}/delete/"`);
      const renamed = await person.submit(`/pads/${id}/edit/`, { name: "Trips" });
      expect(renamed.location).toBe(`/pads/${id}/`);
      const afterwards = await person.follow(renamed);
      expect([afterwards.title, afterwards.flash]).toEqual([
        "Trips (1)",
        "success: Pad is successfully updated",
      ]);

      const question = await person.get(`/pads/${id}/delete/`);
      expect(question.title).toBe("Trips");
      expect(question.content).toContain("Are you sure you want to delete Trips and all related notes?");
      expect(question.content).toContain(`<a href="/pads/${id}/edit/">Cancel</a>`);
      expect(question.form.buttons).toEqual(["Yes, delete I want to delete it"]);
      const deleted = await person.submit(`/pads/${id}/delete/`);
      expect(deleted.location).toBe("/");
      const list = await person.follow(deleted);
      expect([list.title, list.flash]).toEqual(["All notes (0)", "success: Pad is successfully deleted"]);
      for (const url of [`/pads/${id}/`, `/notes/${note}/`])
        expect((await person.get(url)).status, url).toBe(404);
    });

    it("are listed on each page of notes in the order of creation, or an empty list", async () => {
      const person = await notejam.person();
      expect((await person.get("/")).body).toContain("No pads");
      const first = await makePad(person, "Zebra");
      const second = await makePad(person, "Ant");
      await person.submit(`/pads/${first}/edit/`, { name: "Zebras" });
      const { body } = await person.get("/notes/create/");
      expect(body.indexOf(`/pads/${first}/`)).toBeLessThan(body.indexOf(`/pads/${second}/`));
      expect(body.indexOf(`/pads/${first}/`)).toBeGreaterThan(0);
      expect((await person.get("/account/")).body).not.toContain("My pads");
    });

    it.each([
      ["", REQUIRED],
      ["   ", REQUIRED],
      ["x".repeat(101), "Ensure this value has at most 100 characters (it has 101)."],
      ["😀".repeat(101), "Ensure this value has at most 100 characters (it has 101)."],
      ["a\0b", "Null characters are not allowed."],
    ])("refuse the name %j", async (name, error) => {
      const person = await notejam.person();
      const answer = await person.submit("/pads/create/", { name });
      expect([answer.status, answer.errors.name]).toEqual([200, error]);
    });

    it("may share a name of up to 100 characters, however many bytes those have", async () => {
      const person = await notejam.person();
      const name = "😀".repeat(100);
      expect(await makePad(person, name)).not.toBe(await makePad(person, name));
      expect((await person.get("/")).body.split(name)).toHaveLength(3);
    });
  });

  describe("notes", () => {
    it("can be created, shown, changed and deleted", async () => {
      const person = await notejam.person();
      const text = 'First line\n\n  <script>alert("x")</script> & more\nlast';
      const made = await person.submit("/notes/create/", { name: "Tom & Jerry", text });
      expect([made.status, made.location]).toEqual([303, "/"]);
      const list = await person.follow(made);
      expect([list.title, list.flash]).toEqual(["All notes (1)", "success: Note is successfully created"]);
      expect(list.content).toContain("No pad");
      const id = Number(/\/notes\/(\d+)\//.exec(list.content)?.[1]);

      const view = await person.get(`/notes/${id}/`);
      expect(view.title).toBe("Tom & Jerry");
      expect(view.content).toMatch(/Last edited <time datetime="[^"]+">Today at \d\d:\d\d<\/time>/);
      expect(view.content).toContain(
        "First line\n\n  &lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; more\nlast</div>",
      );
      expect(view.body).not.toContain("<script");
      expect(view.content).toContain(`<a href="/notes/${id}/edit/" class="button">Edit</a>`);
      expect(view.content).toContain(`<a href="/notes/${id}/delete/" class="delete-note">Delete it</a>`);

      const edit = await person.get(`/notes/${id}/edit/`);
      expect(edit.title).toBe("Tom & Jerry");
      expect(edit.form.fields).toMatchObject({ name: "Tom & Jerry", text, pad: "" });
      const pad = await makePad(person, "Cartoons");
      const saved = await person.submit(`/notes/${id}/edit/`, { pad: String(pad), text: "new\r\ntext" });
      expect(saved.location).toBe(`/pads/${pad}/`);
      expect((await person.follow(saved)).flash).toBe("success: Note is successfully updated");
      expect((await person.get(`/notes/${id}/`)).content).toContain(">new\ntext</div>");
      expect((await person.get("/")).content).toContain(`<a href="/pads/${pad}/" dir="auto">Cartoons</a>`);

      const question = await person.get(`/notes/${id}/delete/`);
      expect(question.title).toBe("Tom & Jerry");
      expect(question.content).toContain("Are you sure you want to delete Tom &amp; Jerry?");
      expect(question.content).toContain(`<a href="/notes/${id}/">Cancel</a>`);
      const deleted = await person.submit(`/notes/${id}/delete/`);
      expect(deleted.location).toBe(`/pads/${pad}/`);
      expect((await person.follow(deleted)).flash).toBe("success: Note is successfully deleted");
      expect((await person.get(`/notes/${id}/`)).status).toBe(404);
    });

    it("redirect to the pad they were created in", async () => {
      const person = await notejam.person();
      const pad = await makePad(person, "Work");
      const made = await person.submit(`/notes/create/?pad=${pad}`, { name: "n", text: "t" });
      expect(made.location).toBe(`/pads/${pad}/`);
      const id = Number(/\/notes\/(\d+)\//.exec((await person.follow(made)).content)?.[1]);
      expect((await person.submit(`/notes/${id}/edit/`, { pad: "" })).location).toBe("/");
      expect((await person.submit(`/notes/${id}/delete/`)).location).toBe("/");
    });

    it("report every missing field together and keep what was typed", async () => {
      const person = await notejam.person();
      const nothing = await person.submit("/notes/create/");
      expect([nothing.status, nothing.errors]).toEqual([200, { name: REQUIRED, text: REQUIRED }]);
      const blank = await person.submit("/notes/create/", { name: "Kept", text: " \n " });
      expect(blank.errors).toEqual({ text: REQUIRED });
      expect(blank.form.fields.name).toBe("Kept");
      const unnamed = await person.submit("/notes/create/", { name: " ", text: "\n\nKept <b>" });
      expect(unnamed.errors).toEqual({ name: REQUIRED });
      expect(unnamed.form.fields.text).toBe("\n\nKept <b>");
    });

    it.each(["abc", "0", "-1", "99999999999", "1 or 1=1"])("reject %j as a pad", async (pad) => {
      const person = await notejam.person();
      const answer = await person.submit("/notes/create/", { name: "n", text: "t", pad });
      expect(answer.errors).toEqual({
        pad: "Select a valid choice. That choice is not one of the available choices.",
      });
      expect((await person.get("/")).title).toBe("All notes (0)");
    });

    it("keep leading line breaks and blanks, but trim names", async () => {
      const person = await notejam.person();
      const id = await makeNote(person, "  Name  ", "\n  indented\n");
      const { fields } = (await person.get(`/notes/${id}/edit/`)).form;
      expect(fields).toMatchObject({ name: "Name", text: "\n  indented\n" });
    });

    it("have up to 1 MB of text, and a friendly error beyond", async () => {
      const person = await notejam.person();
      const large = "ü".repeat(524_288);
      expect((await person.submit("/notes/create/", { name: "large", text: large })).location).toBe("/");
      const answer = await person.submit("/notes/create/", { name: "too large", text: `${large}x` });
      expect([answer.status, answer.errors.text]).toEqual([200, expect.stringContaining("1 MB is the most")]);
      const beyond = await person.submit("/notes/create/", {
        name: "far too large",
        text: "x".repeat(5_000_000),
      });
      expect([beyond.status, beyond.title]).toEqual([413, "Too large"]);
    });

    it("can hold a megabyte of different words", async () => {
      const person = await notejam.person();
      const words = Array.from({ length: 130_000 }, (_, index) => index.toString(36)).join(" ");
      expect((await person.submit("/notes/create/", { name: "words", text: words })).location).toBe("/");
      expect(
        (await person.submit("/notes/create/", { name: "word", text: "x".repeat(1_000_000) })).location,
      ).toBe("/");
    });

    it("reject null characters with an error at the field", async () => {
      const person = await notejam.person();
      const answer = await person.submit("/notes/create/", { name: "a\0", text: "b\0" });
      const error = "Null characters are not allowed.";
      expect(answer.errors).toEqual({ name: error, text: error });
    });

    it("update the time of change on every save, even without a change", async () => {
      const person = await notejam.person();
      const id = await makeNote(person, "n");
      const aged = sql`update notes set created_at = now() - interval '9 days', updated_at = now() - interval '9 days' where id = ${id}`;
      await database().writes.execute(aged);
      expect((await person.get(`/notes/${id}/`)).content).not.toContain("Today");
      await person.submit(`/notes/${id}/edit/`);
      expect((await person.get(`/notes/${id}/`)).content).toContain("Today at");
    });
  });

  describe("notes and pads of other users", () => {
    it("are as absent as those that do not exist, for reading and writing", async () => {
      const [owner, stranger] = [await notejam.person(), await notejam.person()];
      const pad = await makePad(owner, "Private");
      const note = await makeNote(owner, "Secret", "text", String(pad));
      await makePad(stranger, "Own");
      const { fields } = (await stranger.get("/pads/create/")).form;
      const urls = [`/notes/${note}/`, `/notes/${note}/edit/`, `/notes/${note}/delete/`];
      for (const url of [...urls, `/pads/${pad}/`, `/pads/${pad}/edit/`, `/pads/${pad}/delete/`]) {
        const got = await stranger.get(url);
        expect([got.status, got.title], url).toEqual([404, "Page not found"]);
        const posted = await stranger.post(url, { ...fields, name: "Taken", text: "over", pad: "" });
        expect(posted.status, url).toBe(404);
      }
      for (const url of [`/trash/notes/${note}/restore/`, `/trash/pads/${pad}/restore/`]) {
        expect((await stranger.post(url, fields)).status, url).toBe(404);
      }
      expect((await owner.get(`/notes/${note}/`)).title).toBe("Secret");
    });

    it("cannot be chosen as the pad of a note", async () => {
      const [owner, stranger] = [await notejam.person(), await notejam.person()];
      const pad = String(await makePad(owner, "Private"));
      const error = { pad: "Select a valid choice. That choice is not one of the available choices." };
      expect((await stranger.submit("/notes/create/", { name: "n", text: "t", pad })).errors).toEqual(error);
      const note = await makeNote(stranger, "n");
      expect((await stranger.submit(`/notes/${note}/edit/`, { pad })).errors).toEqual(error);
      expect((await stranger.get("/notes/create/")).content).not.toContain("Private");
      expect((await owner.get(`/pads/${pad}/`)).title).toBe("Private (0)");
    });
  });

  describe("lists", () => {
    const namesOn = (content: string) =>
      [...content.matchAll(/<td class="note"><a[^>]*>([^<]*)</g)].map(([, name]) => name);

    it("sort by name and time of change in both directions, and by default the latest first", async () => {
      const person = await notejam.person();
      const pad = await makePad(person, "Sorted");
      for (const name of ["banana", "Apple", "cherry", "Äpfel", "apple"])
        await makeNote(person, name, "t", String(pad));
      const byName = ["Äpfel", "apple", "Apple", "banana", "cherry"];
      const byTime = ["banana", "Apple", "cherry", "Äpfel", "apple"];
      for (const url of ["/", `/pads/${pad}/`]) {
        const names = async (query: string) => namesOn((await person.get(url + query)).content);
        expect(await names("?order=name"), url).toEqual(byName);
        expect(await names("?order=-name"), url).toEqual(byName.toReversed());
        expect(await names("?order=updated_at"), url).toEqual(byTime);
        for (const query of [
          "?order=-updated_at",
          "",
          "?order=bogus",
          "?order=user__password",
          "?order=constructor",
        ]) {
          expect(await names(query), url + query).toEqual(byTime.toReversed());
        }
      }
      const { content } = await person.get("/");
      for (const order of ["name", "-name", "updated_at", "-updated_at"])
        expect(content).toContain(`href="?order=${order}"`);
      expect(content.match(/[↓↑]/g)).toEqual(["↓", "↑", "↓", "↑"]);
    });

    it("have pages of 50 in a stable order, and the total in the title", async () => {
      const person = await notejam.person();
      const pad = await makePad(person, "Many");
      await database().writes.execute(sql`
        insert into notes (user_id, pad_id, name, text) select user_id, id, 'same', 't' from pads, generate_series(1, 120)
        where id = ${pad}`);
      const idsOn = (content: string) =>
        [...content.matchAll(/<td class="note"><a href="\/notes\/(\d+)\//g)].map(([, id]) => id);
      for (const url of ["/", `/pads/${pad}/`]) {
        for (const order of ["name", "-updated_at"]) {
          const pages = await Promise.all(
            [1, 2, 3].map((page) => person.get(`${url}?order=${order}&page=${page}`)),
          );
          const ids = pages.flatMap(({ content }) => idsOn(content));
          expect(ids).toHaveLength(120);
          expect(new Set(ids).size).toBe(120);
          expect(pages.map(({ title }) => title)).toEqual(Array(3).fill(expect.stringContaining("(120)")));
        }
        const second = await person.get(`${url}?order=name&page=2`);
        expect(second.content).toContain('href="?order=name&amp;page=3"');
        expect(second.content).toContain('<a href="?order=name&amp;page=2" aria-current="page">2</a>');
        expect(idsOn((await person.get(`${url}?page=99`)).content)).toHaveLength(20);
        for (const page of ["0", "-1", "x", "1e9", "9".repeat(30)]) {
          expect(idsOn((await person.get(`${url}?page=${page}`)).content), page).toHaveLength(50);
        }
      }
    });

    it("explain how to start", async () => {
      const person = await notejam.person();
      const { content, title } = await person.get("/");
      expect([title, content.includes("Create your first note.")]).toEqual(["All notes (0)", true]);
      expect(content).toContain('<a href="/notes/create/" class="button">New note</a>');
    });
  });

  describe("forms", () => {
    it.each(["/signup/", "/signin/", "/forgot-password/"])(
      "of %s have labels for their fields and post to themselves",
      async (url) => {
        const page = await notejam.visitor().get(url);
        for (const name of Object.keys(page.form.fields).filter((field) => field !== "csrfmiddlewaretoken")) {
          expect(page.body).toContain(`<label for="id_${name}">`);
          expect(page.body).toContain(`id="id_${name}" name="${name}"`);
        }
        expect(page.form.action).toBe("");
      },
    );

    it("take the last value of a repeated field", async () => {
      const person = await notejam.person();
      const { fields } = (await person.get("/pads/create/")).form;
      const payload = `${new URLSearchParams(fields)}&name=first&name=second`;
      const headers = { "content-type": "application/x-www-form-urlencoded" };
      const answer = await person.send("POST", "/pads/create/", { headers, payload });
      expect((await person.follow(answer)).title).toBe("second (0)");
    });
  });
});
