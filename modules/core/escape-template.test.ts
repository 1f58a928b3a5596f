import { expect, it } from "vitest";
import { escapeTemplate } from "./escape-template.js";

it.each([
  ["host: ${HOST}", "host: $${HOST}"],
  ["log: '%{x}'", "log: '%%{x}'"],
  ["$${a} %%{b}", "$$${a} %%%{b}"],
  ['5 $ is 1 % of {x}, "a\\b"\n', '5 $ is 1 % of {x}, "a\\b"\n'],
])("escapes %j", (text, written) => {
  expect(escapeTemplate(text)).toBe(written);
});
