/** Counts the records of a source, from a counter where there is one. */

import { type Engine, firstGreaterOrEqual, keyAfter, transact } from "../../engine/index.js";
import {
  createContext,
  type IndexInfo,
  isChunk,
  MetadataCache,
  readCounter,
  sourceKeys,
} from "../../layer/index.js";
import type { Tenant } from "../../tenant/index.js";

/** Keys that one transaction counts. */
const PAGE = 10_000;

/** The number of a source's records. */
export interface RowCount {
  readonly source: string;
  readonly rows: number;
  /** Whether there are more: counting stopped at the limit. */
  readonly atLeast: boolean;
}

/**
 * Counts the records of a source: from a counter of all of them when there is one (one read), else by reading their
 * keys, `limit` of them at most.
 */
export async function countRows(
  engine: Engine,
  tenant: Tenant,
  source: string,
  indexes: readonly IndexInfo[],
  limit: number,
): Promise<RowCount> {
  const counter = indexes.find(
    (index) =>
      index.source === source &&
      index.kind === "counter" &&
      index.state === "readable" &&
      index.where === undefined,
  );
  if (counter !== undefined) {
    const rows = await transact(engine, (tx) => {
      const ctx = createContext(tx, tenant, new MetadataCache());
      return readCounter(ctx, counter, [], { snapshot: true });
    });
    return { source, rows, atLeast: false };
  }
  const range = sourceKeys(tenant, source).dataRange;
  let rows = 0;
  for (let { begin } = range; ; ) {
    const batch = await transact(engine, (tx) =>
      tx.getRange(firstGreaterOrEqual(begin), firstGreaterOrEqual(range.end), {
        limit: PAGE,
        snapshot: true,
      }),
    );
    for (const [, value] of batch.rows) if (!isChunk(value)) rows++;
    const last = batch.rows.at(-1);
    if (!batch.more || last === undefined) return { source, rows, atLeast: false };
    if (rows >= limit) return { source, rows, atLeast: true };
    begin = keyAfter(last[0]);
  }
}
