/** An index made ready for maintaining it with one schema in one tenant: which rows it holds, and their entries. */

import type { Tenant } from "../../tenant/index.js";
import { pack, packWithVersionstamp, type TupleItem } from "../../tuple/index.js";
import {
  CHUNK_BYTES,
  CodecId,
  cborWriter,
  encodeBody,
  encodeCbor,
  type RecordLayout,
  type RowView,
  type StoredKey,
} from "../codec/index.js";
import { type Bytes, EMPTY, metaKeys, sourceKeys } from "../keys/index.js";
import { type IndexInfo, isTally } from "../metadata/index.js";
import { type Column, columnOf, eachColumn, includedColumn, itemsOfEach, pathColumn } from "./column.js";
import { type Indexer, indexerNamed } from "./indexer.js";
import { compileCondition, type RowTest } from "./row-test.js";
import { amountOf, type Tally } from "./tally.js";

/** One key and value of an index. */
export interface Entry {
  readonly key: Bytes;
  readonly value: Bytes;
  /** How the commit completes the entry: nothing, a versionstamp in the key, or one in the value. */
  readonly stamp: "none" | "key" | "value";
  /** Set for the entry of a unique value: the packed primary key that owns it. */
  readonly owner: Bytes | undefined;
}

export class MaintainedIndex {
  readonly columns: readonly Column[];
  /** Its fields by the names that they have in this process's schema; the registration keeps those of its time. */
  readonly properties: readonly string[];
  readonly include: readonly Column[];
  readonly prefix: Bytes;
  readonly indexer: Indexer | undefined;
  /** Rows are counted or handed to the indexer once each, so writers must know which the builder has reached. */
  readonly followsCursor: boolean;
  readonly buildKey: Bytes;
  private readonly includeKeys: readonly Bytes[];
  private readonly tests: readonly RowTest[];
  private readonly positions: ReadonlySet<number>;
  readonly #each: ((row: RowView) => readonly TupleItem[]) | undefined;

  constructor(
    readonly info: IndexInfo,
    tenant: Tenant,
    private readonly layout: RecordLayout,
  ) {
    const keys = sourceKeys(tenant, info.source);
    this.columns = info.stored.map((stored, i) => {
      const path = info.paths?.[i] ?? [];
      if (i === info.each) return eachColumn(layout, stored);
      return path.length > 0
        ? pathColumn(layout, stored, path, info.types[i] as string)
        : columnOf(layout, stored, info.types[i] as string);
    });
    this.#each =
      info.each === undefined
        ? undefined
        : itemsOfEach(layout, info.stored[info.each] as StoredKey, info.types[info.each] as string);
    this.properties = this.columns.map(({ name }, i) => name ?? (info.fields[i] as string));
    this.include = info.includeStored.map((stored) => includedColumn(layout, stored));
    this.includeKeys = info.includeStored.map((stored) => encodeCbor(stored));
    this.tests = (info.where ?? []).map((condition) => compileCondition(layout, condition));
    this.prefix =
      info.kind === "metadata"
        ? keys.head
        : keys.named(isTally(info) ? "counter" : info.unique ? "unique" : "index", info.name);
    const needsIndexer = info.indexer !== undefined && info.state !== "deleteOnly";
    this.indexer = needsIndexer ? indexerNamed(info.indexer as string, info) : undefined;
    this.followsCursor = info.state === "writeOnly" && (isTally(info) || info.kind === "custom");
    this.buildKey = metaKeys.build(tenant, info.source, info.name);
    const used = [...this.columns, ...this.include, ...this.whereColumns(layout)];
    this.positions = new Set(used.map((column) => column.position));
  }

  private whereColumns(layout: RecordLayout): Column[] {
    return (this.info.where ?? []).map((condition) => columnOf(layout, condition.stored, condition.type));
  }

  /** Whether a change of these body positions can change the entries of a row. */
  touches(changed: readonly number[]): boolean {
    if (this.info.whole === true) return true;
    if (this.indexer !== undefined && this.indexer.fields === "all") return changed.length > 0;
    for (let i = 0; i < changed.length; i++) if (this.positions.has(changed[i] as number)) return true;
    return false;
  }

  /** Whether the row is in the index at all (a partial index leaves rows out). */
  holds(row: RowView): boolean {
    for (let i = 0; i < this.tests.length; i++) if (!(this.tests[i] as RowTest)(row)) return false;
    return true;
  }

  items(row: RowView): TupleItem[] {
    const { columns } = this;
    const items = new Array<TupleItem>(columns.length);
    for (let i = 0; i < columns.length; i++) items[i] = (columns[i] as Column).item(row);
    return items;
  }

  /** The row's entries: one, or one for each item of a list; none when a partial index leaves it out. */
  entries(row: RowView, pk: readonly TupleItem[], pending: boolean): readonly Entry[] {
    if (!this.holds(row)) return [];
    const items = this.items(row);
    if (this.#each === undefined) return [this.#entryOf(items, row, pk, pending)];
    return this.#each(row).map((item) =>
      this.#entryOf(items.with(this.info.each as number, item), row, pk, pending),
    );
  }

  /** The row's entry in an index or unique index that has one for each row; undefined when a partial index leaves it out. */
  entry(row: RowView, pk: readonly TupleItem[], pending: boolean): Entry | undefined {
    return this.entries(row, pk, pending)[0];
  }

  #entryOf(items: TupleItem[], row: RowView, pk: readonly TupleItem[], pending: boolean): Entry {
    if (this.info.unique && !items.includes(null)) {
      const key = pack(items, this.prefix);
      const covered = this.covered(row);
      const told = covered === undefined ? pk : [...pk, covered];
      if (pending) return { key, value: packWithVersionstamp(told), stamp: "value", owner: EMPTY };
      return { key, value: pack(told), stamp: "none", owner: pack(pk) };
    }
    for (let i = 0; i < pk.length; i++) items.push(pk[i] as TupleItem);
    const value = this.covered(row) ?? EMPTY;
    if (pending) {
      return { key: packWithVersionstamp(items, this.prefix), value, stamp: "key", owner: undefined };
    }
    return { key: pack(items, this.prefix), value, stamp: "none", owner: undefined };
  }

  /** The row's counter; undefined when a partial counter leaves it out. */
  counterKey(row: RowView): Bytes | undefined {
    if (!this.holds(row)) return undefined;
    return this.columns.length === 0 ? this.prefix : pack(this.items(row), this.prefix);
  }

  /** What the row adds to a counter or sum; undefined when it adds nothing. @throws InvalidValueError */
  tally(row: RowView): Tally | undefined {
    const amount = this.info.kind === "sum" ? amountOf((this.include[0] as Column).storedValue(row)) : 1n;
    if (amount === undefined) return undefined;
    const key = this.counterKey(row);
    return key === undefined ? undefined : { key, amount };
  }

  /** The covered fields, or all of them, encoded as a record is. */
  private covered(row: RowView): Bytes | undefined {
    if (this.info.whole === true) return wholeRow(this.layout, row);
    if (this.include.length === 0) return undefined;
    const values = this.include.map((column) => column.storedValue(row));
    cborWriter.start(CodecId.cbor);
    cborWriter.head(5, values.filter((value) => value !== null).length);
    values.forEach((value, i) => {
      if (value === null) return;
      cborWriter.raw(this.includeKeys[i] as Bytes);
      cborWriter.value(value);
    });
    return cborWriter.finish();
  }
}

/** A longer row is not held whole: in a unique entry it may take twice its length, and it never has chunks. */
const WHOLE_BYTES = CHUNK_BYTES / 2;

function wholeRow(layout: RecordLayout, { values, unknown }: RowView): Bytes | undefined {
  const body = encodeBody(layout, values, unknown);
  return body.length <= WHOLE_BYTES ? body : undefined;
}
