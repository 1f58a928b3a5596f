import { expect, it } from "vitest";
import { literalText } from "./literal-text.js";

it.each([
  ["host: ${HOST}", "host: $${HOST}"],
  ["log: '%{x}'", "log: '%%{x}'"],
  ["$${a} %%{b}", "$$${a} %%%{b}"],
  ['5 $ is 1 % of {x}, "a\\b"\n', '5 $ is 1 % of {x}, "a\\b"\n'],
])("escapes %j", (text, written) => {
  expect(literalText(text)).toBe(written);
});
