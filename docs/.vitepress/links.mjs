/** Links inside the built site, headings included, and which of them lead nowhere. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const site = "http://site";

/** What a reader can follow on the pages of a folder: their number, and `page: link` of each that leads nowhere. */
export function followLinks(folder) {
  const pages = new Map(
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".html") && name !== "404.html")
      .map((name) => [addressOf(name), readFileSync(join(folder, name), "utf8")]),
  );
  const headings = new Map(
    [...pages].map(([page, html]) => [
      page,
      new Set(Array.from(html.matchAll(/ id="([^"]+)"/g), ([, id]) => id)),
    ]),
  );
  let links = 0;
  const broken = [];
  for (const [page, html] of pages) {
    for (const [, href] of html.matchAll(/<a\b[^>]* href="([^"]+)"/g)) {
      const { origin, pathname, hash } = new URL(href, `${site}${page}`);
      if (origin !== site) continue;
      links += 1;
      const ids = headings.get(pathname);
      const id = decodeURIComponent(hash.slice(1));
      if (ids === undefined || (id !== "" && !ids.has(id))) broken.push(`${page}: ${href}`);
    }
  }
  return { pages: pages.size, links, broken };
}

/** Pages are at their names without `.html`; the first one of a folder is at the folder. */
const addressOf = (name) => `/${name.replace(/\.html$/, "").replace(/(^|\/)index$/, "$1")}`;
