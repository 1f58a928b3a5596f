import { ref, TerraformOutput, Token } from "cdktf";
import { describe, expect, it } from "vitest";
import { synthesize } from "../../test/synthesized-constructs.js";
import {
  at,
  base64decode,
  can,
  conditional,
  element,
  equals,
  formatlist,
  join,
  jsonencode,
  lookup,
  regex,
  tolist,
  tostring,
  trimspace,
} from "./terraform-functions.js";

/** The expression that a value becomes in a stack. */
function written(value: unknown): unknown {
  const stack = synthesize((scope) => {
    new TerraformOutput(scope, "result", { value, staticId: true });
  });
  return Object(stack.json.output).result.value;
}

const text = (name: string) => Token.asString(ref(`var.${name}`));
const number = Token.asNumber(ref("var.port"));
const list = Token.asList(ref("var.list"));

describe("jsonencode", () => {
  it.each([
    ["a quotation mark", 'a"b', 'a\\"b'],
    ["quotation marks at both ends", '"a"', '\\"a\\"'],
    ["one quotation mark", '"', '\\"'],
    ["a backslash", "a\\b\\", "a\\\\b\\\\"],
    ["what looks like an escape sequence", '\\n\\"', '\\\\n\\\\\\"'],
    ["line breaks and tabs", "a\nb\r\n\tc", "a\\nb\\r\\n\\tc"],
    ["control characters", "\u0000\u001b\u007f", "\\u0000\\u001b\\u007f"],
    ["the start of an expression", "${a}", "\\u0024{a}"],
    ["the start of a directive", "%{if}", "\\u0025{if}"],
    ["an escaped start", "$${a} %%{b}", "\\u0024\\u0024{a} \\u0025\\u0025{b}"],
    ["a dollar sign and a percent sign alone", "5 $ is 1 % of {x}$", "5 $ is 1 % of {x}$"],
    ["letters of any script", "üß€漢😀\u2028", "üß€漢😀\u2028"],
    ["a number with an exponent", "-1.5e+200 and 1e5", "-1.5e+200 and 1e5"],
  ])("escapes %s in a value and in a key", (_, plain, escaped) => {
    expect(written(jsonencode({ [plain]: [plain] }))).toBe(`\${jsonencode({"${escaped}" = ["${escaped}"]})}`);
  });

  it("escapes at every depth", () => {
    expect(written(jsonencode([{ a: [{ 'b"': { c: 'd"' } }] }]))).toBe(
      '${jsonencode([{"a" = [{"b\\"" = {"c" = "d\\""}}]}])}',
    );
  });

  it("keeps values that are no strings, and leaves undefined ones out", () => {
    expect(
      written(
        jsonencode({ a: 1.5, b: true, c: null, d: undefined, e: [undefined, "f", null], g: {}, h: [] }),
      ),
    ).toBe('${jsonencode({"a" = 1.5, "b" = true, "c" = null, "e" = ["f", null], "g" = {}, "h" = []})}');
  });

  it("keeps tokens as expressions, alone and among literals", () => {
    expect(written(jsonencode({ a: text("x"), b: `"${text("x")}"\\${text("y")}`, c: list, d: number }))).toBe(
      '${jsonencode({"a" = var.x, "b" = "\\"${var.x}\\"\\\\${var.y}", "c" = var.list, "d" = var.port})}',
    );
  });

  it("keeps a dollar sign in front of a token from escaping it", () => {
    expect(written(jsonencode(`$${text("x")} %${text("x")} $$${text("x")}`))).toBe(
      '${jsonencode("\\u0024${var.x} %${var.x} \\u0024\\u0024${var.x}")}',
    );
  });

  it("keeps a literal `${` between tokens escaped once", () => {
    expect(written(jsonencode(`\${a}${text("x")}\${b}${text("y")}\${c}`))).toBe(
      '${jsonencode("\\u0024{a}${var.x}\\u0024{b}${var.y}\\u0024{c}")}',
    );
  });

  it("makes an expression of a number's token inside a string", () => {
    expect(written(jsonencode(`host:${number}`))).toBe('${jsonencode("host:${var.port}")}');
  });

  it("keeps the result of another function as it is", () => {
    expect(written(jsonencode({ a: join('"', ['"', text("x")]) }))).toBe(
      '${jsonencode({"a" = join("\\"", ["\\"", var.x])})}',
    );
  });

  it.each([text("x"), `a-${text("x")}`, `a-${number}`])("refuses a key with a token", (key) => {
    expect(() => jsonencode([{ [key]: 1 }])).toThrow("holds a token");
  });
});

describe("a value that JSON cannot express", () => {
  class Size {
    readonly gib = 1;
  }
  const hole: unknown[] = ["a"];
  hole[2] = "c";

  it.each([
    ["NaN", Number.NaN, "NaN"],
    ["Infinity", Number.POSITIVE_INFINITY, "Infinity"],
    ["-Infinity", Number.NEGATIVE_INFINITY, "-Infinity"],
    ["a big integer", 1n, "a bigint"],
    ["a function", () => "a", "a function"],
    ["a symbol", Symbol("a"), "a symbol"],
    ["a date", new Date(0), "an instance of Date"],
    ["a map", new Map([["a", 1]]), "an instance of Map"],
    ["a set", new Set(["a"]), "an instance of Set"],
    ["a text object", new String("a"), "an instance of String"],
    ["an instance of another class", new Size(), "an instance of Size"],
    ["a list with a hole", hole, "a list without an element at index 1"],
    ["a key `__proto__`", JSON.parse('{"__proto__": {"a": 1}}'), 'the key "__proto__"'],
  ])("is refused: %s", (_, value, named) => {
    const message = `A Terraform expression cannot contain ${named}. Use strings, finite numbers, booleans, null, lists and plain objects.`;
    expect(() => jsonencode(value)).toThrow(new Error(message));
    expect(() => jsonencode({ a: [{ b: value }] })).toThrow(new Error(message));
  });

  it("does not include objects without a prototype", () => {
    const value = Object.assign(Object.create(null), { a: 1 });
    expect(written(jsonencode(value))).toBe('${jsonencode({"a" = 1})}');
  });

  it("does not include tokens of any kind", () => {
    expect(written(jsonencode({ a: ref("var.any"), b: [ref("var.any")], c: list, d: number }))).toBe(
      '${jsonencode({"a" = var.any, "b" = [var.any], "c" = var.list, "d" = var.port})}',
    );
  });
});

describe("each function escapes its arguments", () => {
  const odd = '"\\${a}';
  const escaped = '\\"\\\\\\u0024{a}';

  it.each([
    ["at", () => at(list, 1), "var.list.1"],
    ["base64decode", () => base64decode(odd), `base64decode("${escaped}")`],
    ["can", () => can(regex(odd, text("x"))), `can(regex("${escaped}", var.x))`],
    [
      "conditional",
      () => conditional(equals(odd, text("x")), odd, `-${odd}`),
      `("${escaped}" == var.x) ? "${escaped}" : "-${escaped}"`,
    ],
    ["element", () => element([odd, text("x")], 1), `element(["${escaped}", var.x], 1)`],
    ["formatlist", () => formatlist(`${odd}%s`, ref("var.list")), `formatlist("${escaped}%s", var.list)`],
    ["join", () => join(odd, [odd, text("x")]), `join("${escaped}", ["${escaped}", var.x])`],
    ["lookup", () => lookup(ref("var.map"), odd), `var.map["${escaped}"]`],
    ["regex", () => regex("^\\d+\\.[a-z]{2}$", odd), `regex("^\\\\d+\\\\.[a-z]{2}$", "${escaped}")`],
    ["tolist", () => tolist(ref("var.set")), "tolist(var.set)"],
    ["tostring", () => tostring(number), "tostring(var.port)"],
    ["trimspace", () => trimspace(` ${odd} `), `trimspace(" ${escaped} ")`],
  ])("%s", (_, call, expression) => {
    expect(written(call())).toBe(`\${${expression}}`);
  });
});
