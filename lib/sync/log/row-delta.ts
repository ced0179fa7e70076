/** What the log tells about one row between two versions. */

import { entryOfSchema, type LogEntry, type SchemaLogEntry } from "../../layer/index.js";
import { conditionFields, encodingOf, matches, type QueryAst, rootOf, valueAt } from "../../query/index.js";
import { hydrate, type SchemaInfo } from "../../schema/index.js";
import type { TupleItem } from "../../tuple/index.js";
import { fieldOfEntry } from "./field-of-entry.js";
import type { FieldBytes } from "./matcher.js";
import type { Reader } from "./reader.js";
import { latin1, rowKey } from "./row-key.js";

/** The commit that an entry belongs to: entries of one commit share it. */
export const commitOf = (entry: LogEntry): string => entry.at.toString().slice(0, 20);

/** One logged change in terms of the schema. */
export interface DeltaEntry extends SchemaLogEntry<object> {
  readonly op: LogEntry["op"];
  readonly commit: string;
}

type Values = Readonly<Record<string, unknown>>;

/** The changes of one row, decoded and read once for all queries that look at them. */
export class RowDelta {
  #others: Map<SchemaInfo, RowDelta> | undefined;
  #entries: readonly DeltaEntry[] | undefined;
  #row: Promise<object | null> | undefined;

  constructor(
    readonly info: SchemaInfo,
    readonly key: string,
    readonly pk: readonly TupleItem[],
    private readonly reader: Reader,
    readonly logged: LogEntry[] = [],
  ) {}

  /** The same in terms of another class of the source. */
  as(info: SchemaInfo): RowDelta {
    if (info === this.info) return this;
    this.#others ??= new Map();
    let other = this.#others.get(info);
    if (other === undefined) {
      other = new RowDelta(info, this.key, this.pk, this.reader, this.logged);
      this.#others.set(info, other);
    }
    return other;
  }

  /** @returns the entry's place among the row's changes */
  add(entry: LogEntry): number {
    return this.logged.push(entry) - 1;
  }

  /** The row's changes in commit order; decoded when the first query looks. */
  get entries(): readonly DeltaEntry[] {
    this.#entries ??= this.logged.map((entry) => ({
      ...entryOfSchema(this.info, this.reader.tenant, entry),
      op: entry.op,
      commit: commitOf(entry),
    }));
    return this.#entries;
  }

  get commits(): readonly string[] {
    return this.logged.map(commitOf);
  }

  get last(): DeltaEntry {
    return this.entries[this.entries.length - 1]!;
  }

  /** The row now; null when it is gone. Read at most once, and only when the log holds no image of it. */
  row(): Promise<object | null> {
    this.#row ??= this.#read();
    return this.#row;
  }

  async #read(): Promise<object | null> {
    const { last, info, pk, reader } = this;
    if (last.op === "delete") return null;
    const row = last.record ?? (await reader.row(info, pk));
    return row === null ? null : Object.freeze(row);
  }

  /** Whether the row was gone, or no longer matched, at some moment between its first and its last change. */
  leftBetween(ast: QueryAst | undefined): boolean {
    for (let i = 0; i < this.entries.length - 1; i++) {
      const { op, record, new: values } = this.entries[i]!;
      if (op === "delete") return true;
      if (ast === undefined) continue;
      const row = record ?? this.#rowOf(values!, ast);
      if (row !== undefined && !matches(ast, row)) return true;
    }
    return false;
  }

  /** A row of the fields that the log tells, if the query asks for no others. */
  #rowOf(values: Values, ast: QueryAst): object | undefined {
    const told =
      ast.filters.length === 0 && conditionFields(ast).every((field) => Object.hasOwn(values, field));
    return told ? hydrate(this.info, values) : undefined;
  }

  /** Calls `visit` with the indexed values of the row before and after each change. */
  eachState(visit: (values: FieldBytes) => void): void {
    for (const { old, new: values } of this.#readable()) {
      if (old !== null) visit((field) => old(field));
      if (values !== null) visit((field) => values(field));
    }
  }

  /** A row that the class cannot load is looked at field by field: it concerns those who ask for what cannot be loaded. */
  #readable(): readonly { readonly old: FieldBytes | null; readonly new: FieldBytes | null }[] {
    try {
      const told = (values: Values | null): FieldBytes | null =>
        values && ((field) => this.#bytes(field, this.#valueIn(values, field)));
      return this.entries.map((entry) => ({ old: told(entry.old), new: told(entry.new) }));
    } catch {
      return this.logged.map((entry) => ({
        old: entry.old && ((field) => fieldOfEntry(this.info, entry, entry.old!, field)),
        new: entry.op === "delete" ? null : (field) => fieldOfEntry(this.info, entry, entry.new!, field),
      }));
    }
  }

  /** Undefined where the log does not tell it. */
  #valueIn(values: Values, field: string): unknown {
    return Object.hasOwn(values, rootOf(this.info, field)) ? valueAt(this.info, values, field) : undefined;
  }

  #bytes(field: string, value: unknown): string | undefined {
    try {
      return value === undefined ? undefined : latin1(encodingOf(this.info, field).bytes(value));
    } catch {
      // A value without a key: those who ask for it find out by themselves.
      return undefined;
    }
  }
}

/** The delta of an entry's row among those that are known so far; its first entry makes it. */
export function deltaFor(
  known: Map<string, RowDelta>,
  info: SchemaInfo,
  { pk }: LogEntry,
  reader: Reader,
): RowDelta {
  const key = rowKey(pk);
  let delta = known.get(key);
  if (delta === undefined) {
    delta = new RowDelta(info, key, pk, reader);
    known.set(key, delta);
  }
  return delta;
}
