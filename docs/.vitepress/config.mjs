/** The documentation as a site: its order, its search and its links. `npm run docs` builds it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitepress";
import { sections } from "./pages.mjs";
import { pictures } from "./pictures.mjs";
import { slug } from "./slug.mjs";

const docs = join(import.meta.dirname, "..");
const linkOf = (page) => `/${page.replace(/index$/, "")}`;

/** Files beside the pages are no pages of the site: a link to one becomes its name. One that is not there is a dead link. */
function links(markdown) {
  markdown.core.ruler.push("files", ({ tokens, env }) => {
    for (const { children } of tokens) {
      for (const [at, token] of (children ?? []).entries()) {
        const href = token.type === "link_open" ? token.attrGet("href") : null;
        if (href === null || !href.startsWith("../")) continue;
        const target = join(docs, env.relativePath ?? "", "..", href.split("#")[0]);
        if (target.startsWith(`${docs}/`) || !existsSync(target)) continue;
        const close = children.slice(at).find(({ type }) => type === "link_close");
        token.attrs = [["title", target.slice(join(docs, "..").length + 1)]];
        for (const one of [token, close]) {
          one.tag = "span";
          one.type = one === token ? "span_open" : "span_close";
        }
      }
    }
  });
}

export default defineConfig({
  title: "Plinth",
  description: "An Ecto-style ORM for FoundationDB in TypeScript, with a sync engine built in",
  lang: "en-GB",
  outDir: "../dist/docs",
  cacheDir: "../.plinth/docs",
  cleanUrls: true,
  srcExclude: ["**/node_modules/**"],
  markdown: {
    anchor: { slugify: slug },
    // Text in braces, as Ecto's tuples, is text.
    attrs: { disable: true },
    config(markdown) {
      pictures(markdown);
      links(markdown);
    },
  },
  vite: { build: { chunkSizeWarningLimit: 4_000 } },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    sidebar: sections.map(({ text, items }) => ({
      text,
      collapsed: false,
      items: items.map(([name, page]) => ({ text: name, link: linkOf(page) })),
    })),
    nav: [
      { text: "Getting started", link: "/getting-started" },
      { text: "Build a service", link: "/service/" },
      { text: "Reference", link: "/repo" },
      { text: "Production", link: "/production/embedded" },
    ],
    docFooter: { prev: "Before", next: "Next" },
  },
});
