/** Reads rows by their keys, all at once. */

import { type LayerContext, readEachRecord } from "../../layer/index.js";
import type { TupleItem } from "../../tuple/index.js";
import type { QueryAst } from "../words/index.js";
import { readPlainRow } from "./plain-rows.js";

/** The records of a query's source; null where there is none. */
export function fetchRows(
  ctx: LayerContext,
  { source, info }: QueryAst,
  pks: readonly (readonly TupleItem[])[],
  snapshot: boolean,
): Promise<readonly (object | null)[]> {
  if (info !== undefined) return readEachRecord(ctx, info, pks, { snapshot });
  return Promise.all(pks.map((pk) => readPlainRow(ctx, source, pk, snapshot)));
}
