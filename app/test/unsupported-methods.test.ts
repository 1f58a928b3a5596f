import { describe, expect, it } from "vitest";
import { onEachDatabase } from "./databases.js";
import { startNotejam, type TestNotejam } from "./notejam.js";

/** Every address, and the methods it has, as the specification and the README name them. */
const ADDRESSES: Readonly<Record<string, string>> = {
  "/": "GET, HEAD",
  "/signup/": "GET, HEAD, POST",
  "/signin/": "GET, HEAD, POST",
  "/signout/": "GET, POST",
  "/forgot-password/": "GET, HEAD, POST",
  "/reset/some-token/": "GET, HEAD, POST",
  "/account/": "GET, HEAD, POST",
  "/settings/": "GET, HEAD",
  "/notes/create/": "GET, HEAD, POST",
  "/notes/1/": "GET, HEAD",
  "/notes/1/edit/": "GET, HEAD, POST",
  "/notes/1/delete/": "GET, HEAD, POST",
  "/pads/create/": "GET, HEAD, POST",
  "/pads/1/": "GET, HEAD",
  "/pads/1/edit/": "GET, HEAD, POST",
  "/pads/1/delete/": "GET, HEAD, POST",
  "/search/": "GET, HEAD",
  "/trash/": "GET, HEAD",
  "/export/": "GET, HEAD",
  "/export/notejam.zip": "GET, HEAD",
  "/import/": "GET, HEAD, POST",
  "/healthz": "GET, HEAD",
  "/readyz": "GET, HEAD",
  "/static/css/style.css": "GET, HEAD",
};

onEachDatabase("a wrong method", (database) => {
  let notejam: TestNotejam;
  const started = async () => {
    notejam ??= await startNotejam(database());
    return notejam;
  };

  describe.each(["PUT", "DELETE", "PATCH", "OPTIONS"] as const)("%s", (method) => {
    it("is 405 everywhere, with the methods that there are, signed in or not", async () => {
      const { app, person } = await started();
      const { cookies } = await person();
      const cookie = [...cookies].map((each) => each.join("=")).join("; ");
      for (const [url, allowed] of Object.entries(ADDRESSES)) {
        for (const headers of [{}, { cookie }]) {
          const answer = await app.inject({ method, url, headers });
          expect([url, answer.statusCode, answer.headers.allow]).toEqual([url, 405, allowed]);
        }
      }
    });

    it("is 404 where there is nothing", async () => {
      const { app } = await started();
      for (const url of ["/nothing/", "/notes/abc/", "/notes/1/nothing/", "/static/", "/static/css/", "//"]) {
        expect([url, (await app.inject({ method, url })).statusCode]).toEqual([url, 404]);
      }
    });
  });

  it("is told before anything is made of the body, in the site's design", async () => {
    const { app } = await started();
    const answer = await app.inject({
      ...{ method: "PUT", url: "/notes/1/?a=b", payload: '{"half":' },
      headers: { "content-type": "application/json" },
    });
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, "GET, HEAD"]);
    expect(answer.body).toContain("<title>Not possible here</title>");
  });

  it("names POST alone where only forms are sent to", async () => {
    const { app } = await started();
    for (const url of ["/trash/notes/1/restore/", "/trash/pads/1/restore/"]) {
      const answer = await app.inject({ method: "GET", url });
      expect([url, answer.statusCode, answer.headers.allow]).toEqual([url, 405, "POST"]);
    }
  });

  it("leaves each address the methods it has", async () => {
    const { app } = await started();
    for (const [url, allowed] of Object.entries(ADDRESSES)) {
      for (const method of ["GET", "HEAD", "POST"] as const) {
        const { statusCode } = await app.inject({ method, url });
        expect([url, method, statusCode === 405]).toEqual([
          url,
          method,
          !allowed.split(", ").includes(method),
        ]);
      }
    }
  });
});
