/** Leaves out the records of a list that are in it before. */

import { layoutOf } from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { Row } from "./asked.js";
import { keyText } from "./key-text.js";

export function distinctRows(info: SchemaInfo, rows: readonly Row[]): Row[] {
  const seen = new Set<string>();
  return rows.filter((row) => {
    const key = keyText(layoutOf(info).keyOf(row));
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
