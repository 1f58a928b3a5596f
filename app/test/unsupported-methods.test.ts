import { expect, it } from "vitest";
import { onEachDatabase } from "./databases.js";
import { makeNote, startNotejam } from "./notejam.js";
import type { Visitor } from "./visitor.js";

const cookiesOf = ({ cookies }: Visitor) => [...cookies].map((each) => each.join("=")).join("; ");

onEachDatabase("a request with a method that the address does not have", (database) => {
  it.each(["PUT", "DELETE", "PATCH", "OPTIONS"] as const)(
    "is answered with the page for 404 (%s)",
    async (method) => {
      const { app, person } = await startNotejam(database());
      const user = await person();
      const note = `/notes/${await makeNote(user, "kept")}/`;
      for (const url of ["/", "/signin/", "/account/", note, `${note}edit/`, "/healthz"]) {
        for (const headers of [{}, { cookie: cookiesOf(user) }]) {
          const answer = await app.inject({ method, url, headers });
          expect([url, answer.statusCode]).toEqual([url, 404]);
          expect(answer.body).toContain("<title>Page not found</title>");
        }
      }
      expect((await user.get(note)).title).toBe("kept");
    },
  );

  it("is answered with 404 where only POST is supported", async () => {
    const { app, person } = await startNotejam(database());
    const headers = { cookie: cookiesOf(await person()) };
    for (const url of ["/trash/notes/1/restore/", "/trash/pads/1/restore/"]) {
      expect((await app.inject({ method: "GET", url, headers })).statusCode).toBe(404);
    }
  });
});
