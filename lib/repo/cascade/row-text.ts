/** Names rows as text, to know which ones have been deleted. */

import { layoutOf } from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import { keyText } from "../related/index.js";

/** Rows that have been deleted. */
export type Gone = Set<string>;

export const rowText = (info: SchemaInfo, record: object): string =>
  `${info.source} ${keyText(layoutOf(info).keyOf(record))}`;
