/** Reads a range of keys page by page, each in a transaction of its own. */

import {
  type Engine,
  firstGreaterOrEqual,
  type KeyValue,
  keyAfter,
  StreamingMode,
  transact,
} from "../../engine/index.js";
import type { RawRow } from "../../layer/index.js";
import { afterRow, createContext, type KeyRange, MetadataCache, readRawRows } from "../../layer/index.js";
import type { Tenant } from "../../tenant/index.js";

/** Bytes that one transaction reads: far from its five seconds, and all that is held in memory. */
const PAGE_BYTES = 1_000_000;

/** What one transaction read. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly readVersion: bigint;
}

/** The records of a range of keys, over all sources in it, a transaction for each page. */
export async function* rowPages(
  engine: Engine,
  tenant: Tenant,
  range: KeyRange,
  signal: AbortSignal,
): AsyncGenerator<Page<RawRow>, void, undefined> {
  const metadata = new MetadataCache();
  for (let { begin } = range; ; ) {
    const page = await transact(
      engine,
      async (tx) => {
        const items: RawRow[] = [];
        const ctx = createContext(tx, tenant, metadata);
        const options = { byteLimit: PAGE_BYTES, snapshot: true };
        for await (const rows of readRawRows(ctx, { begin, end: range.end }, options)) items.push(...rows);
        return { items, readVersion: await tx.getReadVersion() };
      },
      { signal },
    );
    yield page;
    const last = page.items.at(-1);
    if (last === undefined) return;
    begin = afterRow(last.key);
  }
}

/** The plain keys and values of a range, a transaction for each page. */
export async function* keyPages(
  engine: Engine,
  range: KeyRange,
  signal: AbortSignal,
): AsyncGenerator<Page<KeyValue>, void, undefined> {
  for (let { begin } = range; ; ) {
    const page = await transact(
      engine,
      async (tx) => {
        const batch = await tx.getRange(firstGreaterOrEqual(begin), firstGreaterOrEqual(range.end), {
          snapshot: true,
          mode: StreamingMode.wantAll,
          targetBytes: PAGE_BYTES,
        });
        return { items: batch.rows, more: batch.more, readVersion: await tx.getReadVersion() };
      },
      { signal },
    );
    yield page;
    const last = page.items.at(-1);
    if (!page.more || last === undefined) return;
    begin = keyAfter(last[0]);
  }
}
