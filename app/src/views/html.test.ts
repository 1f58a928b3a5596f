import { expect, it } from "vitest";
import { html } from "./html.js";

it("escapes whatever is put into it, also in attributes and after an exclamation mark", () => {
  const evil = `<img src=x onerror="a('b')">&`;
  const safe = "&lt;img src=x onerror=&quot;a(&#39;b&#39;)&quot;&gt;&amp;";
  expect(html`<p title="${evil}">Hello!${evil}</p>`.markup).toBe(`<p title="${safe}">Hello!${safe}</p>`);
});

it("does not escape its own markup, alone or in lists", () => {
  expect(html`<ul>${["a", "<b>"].map((text) => html`<li>${text}</li>`)}</ul>`.markup).toBe(
    "<ul><li>a</li><li>&lt;b&gt;</li></ul>",
  );
});

it("prints nothing for missing values, and zero as zero", () => {
  expect(html`${undefined}${null}${false}${0}${""}`.markup).toBe("0");
});
