import { expect, test } from "@jest/globals";
import { elementId, escapeText, html } from "../../samples/catalog/web/html.js";

test("a template escapes text, in content and in attributes", () => {
  const hostile = `<script>"it's" & more</script>`;
  const escaped = "&lt;script&gt;&quot;it&#39;s&quot; &amp; more&lt;/script&gt;";
  expect(escapeText(hostile)).toBe(escaped);
  expect(html`<a title="${hostile}">${hostile}</a>`.toString()).toBe(`<a title="${escaped}">${escaped}</a>`);
});

test("a template keeps markup, joins lists, and shows nothing for what is not there", () => {
  const items = ["<a>", "b"].map((text) => html`<li>${text}</li>`);
  expect(html`<ul>${items}</ul>`.toString()).toBe("<ul><li>&lt;a&gt;</li><li>b</li></ul>");
  expect(html`${null}${undefined}${false}${0}${""}${[]}`.toString()).toBe("0");
  expect(html`${html`<b>${"<"}</b>`}`.toString()).toBe("<b>&lt;</b>");
});

test("an escape in a template's own text is not doubled", () => {
  expect(html`${"$&"} $1 \n`.toString()).toBe("$&amp; $1 \n");
});

test("element ids are made of safe characters, and differ when the keys do", () => {
  const keys = ["p1", "p 1", "", `"><script>`, "ü", "a/b", "A/b"];
  const ids = keys.map((key) => elementId("card", key));
  for (const id of ids) expect(id).toMatch(/^card-[\w-]*$/);
  expect(new Set(ids).size).toBe(keys.length);
});
