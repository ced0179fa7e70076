/** The reference numbers names that it believes to be there twice; links to `#name-1` of a name that is there once become `#name`. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { slug } from "./slug.mjs";

export function mendAnchors(folder) {
  for (const name of readdirSync(folder)) {
    const text = readFileSync(join(folder, name), "utf8");
    const ids = Array.from(text.matchAll(/^#+ (.+)$/gm), ([, heading]) => slug(heading));
    const times = (id) => ids.filter((one) => one === id).length;
    const mended = text.replaceAll(/\]\(#([\w-]+?)-(\d+)\)/g, (link, id, number) =>
      times(`${id}-${number}`) === 0 && times(id) === 1 ? `](#${id})` : link,
    );
    if (mended !== text) writeFileSync(join(folder, name), mended);
  }
}
