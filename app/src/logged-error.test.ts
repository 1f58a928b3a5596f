import { expect, it } from "vitest";
import { loggedError } from "./logged-error.js";

it("contains the place and kind of an error, but no quoted values of the database", () => {
  const error = Object.assign(new Error('invalid input: "Secret"'), {
    severity: "ERROR",
    code: "22P02",
    detail: "Key (email)=(Secret) exists",
  });
  const logged = loggedError(error);
  expect(logged).toMatchObject({ type: "Error", code: "22P02" });
  expect(logged.stack).toContain("logged-error.test.ts");
  expect(JSON.stringify(logged)).not.toContain("Secret");
});

it("contains the messages of our own errors", () => {
  expect(loggedError(new TypeError("x is not a function")).message).toBe("x is not a function");
  expect(loggedError("text")).toMatchObject({ type: "string" });
});
