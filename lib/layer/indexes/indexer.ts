/** The contract of custom indexers, and the registry that finds them by name. */

import type { Transaction } from "../../engine/index.js";
import { MigrationError } from "../../errors.js";
import type { Tenant } from "../../tenant/index.js";
import { pack, packWithVersionstamp, type TupleItem } from "../../tuple/index.js";
import { type Bytes, type KeyRange, prefixRange } from "../keys/index.js";
import type { IndexInfo } from "../metadata/index.js";

/** What a custom indexer gets to work with; everything happens in the writer's transaction. */
export interface IndexerContext {
  /** The writer's transaction: for `set`, `clear` and atomic operations; an indexer does not read. */
  readonly tx: Transaction;
  /** The tenant of the row. */
  readonly tenant: Tenant;
  /** The index as it is registered: its name, source and fields. */
  readonly index: IndexInfo;
  /** The index's own keys begin so. They are removed when the index is dropped. */
  readonly prefix: Bytes;
  /** The key of a tuple of items under `prefix`; it sorts as the items do. */
  key(items: readonly TupleItem[]): Bytes;
  /** Of a row whose key the commit assigns (`pending`): the operand of an atomic `setVersionstampedKey`. */
  stampedKey(items: readonly TupleItem[]): Bytes;
  /** All keys under `prefix` that begin with these items. */
  range(items: readonly TupleItem[]): KeyRange;
}

/** What an indexer gets of an index, with the functions that make its keys. */
export const keysOfIndex = (
  prefix: Bytes,
): Pick<IndexerContext, "prefix" | "key" | "stampedKey" | "range"> => ({
  prefix,
  key: (items) => pack(items, prefix),
  stampedKey: (items) => packWithVersionstamp(items, prefix),
  range: (items) => prefixRange(pack(items, prefix)),
});

/** A row as an indexer sees it. */
export interface IndexedRow {
  /** The values of the row by field. */
  readonly record: Readonly<Record<string, unknown>>;
  /** Key items of the index's fields; null where the field is. */
  readonly values: readonly TupleItem[];
  /** Key items of the record (partition, primary key). */
  readonly pk: readonly TupleItem[];
  /** Whether the commit assigns the primary key: `pk` then ends in an incomplete versionstamp. */
  readonly pending: boolean;
}

/**
 * An index of your own making: `create(index(S, fields, { indexer: "name" }))` after `registerIndexer("name", …)`.
 *
 * Each row is set exactly once and cleared exactly once, during a build too, so an indexer may count. The functions
 * are synchronous: they write (also with atomic operations), they do not read.
 *
 * @example
 * registerIndexer("by-length", {
 *   set: ({ tx, key }, row) => tx.set(key([String(row.values[0]).length, ...row.pk]), new Uint8Array()),
 *   clear: ({ tx, key }, row) => tx.clear(key([String(row.values[0]).length, ...row.pk])),
 *   range: ({ range }, { name }) => range([String(name).length]),
 * });
 */
export interface Indexer {
  /** A row enters the index. */
  set(ctx: IndexerContext, row: IndexedRow): void;
  /** A row leaves the index. */
  clear(ctx: IndexerContext, row: IndexedRow): void;
  /** A row of the index changes; default: `clear` the old one and `set` the new one. */
  update?(ctx: IndexerContext, old: IndexedRow, row: IndexedRow): void;
  /** A batch of rows that were there before the index; default: `set` each. */
  build?(ctx: IndexerContext, rows: readonly IndexedRow[]): void;
  /** Key ranges outside `prefix` that go with the index when it is dropped. */
  drop?(ctx: Omit<IndexerContext, "tx">): readonly KeyRange[];
  /**
   * Where a query finds its entries: a range of keys under `prefix` that end in the record's key items. Absent: the
   * index serves no queries.
   */
  range?(ctx: Omit<IndexerContext, "tx">, conditions: Readonly<Record<string, unknown>>): KeyRange;
  /** Which changes reach `update`: those of the index's fields (default), or of any field. */
  readonly fields?: "indexed" | "all";
}

const indexers = new Map<string, Indexer>();

/**
 * Makes a custom indexer known to this process; registrations refer to it by name. A process without it cannot write to the
 * source (MigrationError), so call it where schemas are defined.
 *
 * @example
 * registerIndexer("by-length", {
 *   set: ({ tx, key }, row) => tx.set(key([String(row.values[0]).length, ...row.pk]), new Uint8Array()),
 *   clear: ({ tx, key }, row) => tx.clear(key([String(row.values[0]).length, ...row.pk])),
 *   range: ({ range }, { name }) => range([String(name).length]),
 * });
 */
export function registerIndexer(name: string, indexer: Indexer): void {
  indexers.set(name, indexer);
}

export function findIndexer(name: string): Indexer | undefined {
  return indexers.get(name);
}

/** Throws `MigrationError` when this process has no such indexer, because it cannot maintain the index then. */
export function indexerNamed(name: string, index: Pick<IndexInfo, "source" | "name">): Indexer {
  const indexer = indexers.get(name);
  if (indexer !== undefined) return indexer;
  throw new MigrationError(
    `The index "${index.name}" of "${index.source}" is kept by the indexer "${name}", which this process has not ` +
      `registered, so it cannot write to "${index.source}"; call registerIndexer("${name}", …) at start.`,
  );
}
