/** Lays rows out as the lines of a table. */

import { stripVTControlCharacters } from "node:util";
import type { Column } from "./output.js";

const widthOf = (text: string): number => stripVTControlCharacters(text).length;

function pad(text: string, width: number, align: Column["align"]): string {
  const space = " ".repeat(Math.max(0, width - widthOf(text)));
  return align === "right" ? space + text : text + space;
}

/** Lines of a table with aligned columns, titles first. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const titles = columns.map(({ title }) => title);
  const widths = titles.map((title, at) =>
    rows.reduce((widest, row) => Math.max(widest, widthOf(row[at] ?? "")), title.length),
  );
  return [titles, ...rows].map((cells) =>
    columns
      .map(({ align }, at) => pad(cells[at] ?? "", widths[at] as number, align))
      .join("  ")
      .trimEnd(),
  );
}
