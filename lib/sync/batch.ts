import { MetadataRequiredError, UnsupportedQueryError } from "../errors.js";
import { type LogEntry, layoutOf } from "../layer/index.js";
import { matches, project, type QueryAst } from "../query/index.js";
import { hydrate, type SchemaInfo } from "../schema/index.js";
import type { TupleItem } from "../tuple/index.js";
import type { Change } from "./change.js";
import { type AnyLive, type ChangeOf, isLive, partsOf } from "./live.js";
import { loggedFields } from "./logged-fields.js";
import { rowBefore } from "./past.js";
import type { Reader } from "./reader.js";
import { RowDelta, rowKey } from "./row-delta.js";
import type { Version } from "./transition.js";

/** A change without its place in a list: consumers process each change of each commit, not a list. */
export type BatchChange<T> =
  Change<T> extends infer C ? (C extends unknown ? Omit<C, "index" | "from"> : never) : never;

/** What a consumer processes in one transaction: whole commits, in order. */
export interface Batch<Q> {
  /** `initial` and `cursor-expired` hold all rows there are as inserts. */
  readonly reason: "initial" | "change" | "cursor-expired";
  /** Every change of every commit, in commit order; a row that changed twice is told twice. */
  readonly changes: { readonly [L in keyof Q]: readonly BatchChange<ChangeOf<Q[L]>>[] };
  /** All commits up to this version are processed once the batch is. */
  readonly version: Version;
  readonly commits: number;
}

/** What a label of a consumer selects: rows by predicate, or by key. */
export interface ConsumedLabel {
  readonly name: string;
  readonly hash: string;
  readonly info: SchemaInfo;
  readonly ast: QueryAst | undefined;
  /** Packed primary keys, with their elements. */
  readonly keys: ReadonlyMap<string, readonly TupleItem[]> | undefined;
}

/** A function cannot be asked about a row of which only some fields are known. */
const isPlain = (ast: QueryAst): boolean => ast.limit === undefined && ast.filters.length === 0;

/** @throws UnsupportedQueryError for a live query whose changes do not follow from single rows */
export function consumedLabel(name: string, live: AnyLive): ConsumedLabel {
  const { spec } = partsOf(live);
  const { hash } = live;
  if (spec.kind === "one")
    return { name, hash, info: spec.info, ast: undefined, keys: keysOf(spec.info, [spec.id]) };
  if (spec.kind === "each" && !isLive(spec.ids) && spec.ids.length > 0) {
    const first = partsOf(spec.make(spec.ids[0] as never)).spec;
    if (first.kind === "one")
      return { name, hash, info: first.info, ast: undefined, keys: keysOf(first.info, spec.ids) };
  }
  if (spec.kind === "all" && isPlain(spec.ast) && spec.on === "changes") {
    return { name, hash, info: spec.info, ast: spec.ast, keys: undefined };
  }
  throw new UnsupportedQueryError(
    `sync.consume cannot process the label ${JSON.stringify(name)} (sync.${live.kind}): it takes sync.one, sync.many, ` +
      "and sync.all or sync.allBy without limit, filter and `on`.",
  );
}

function keysOf(info: SchemaInfo, ids: readonly unknown[]): ReadonlyMap<string, readonly TupleItem[]> {
  const keys = ids.map((id) => layoutOf(info).keyOfValues([id]));
  return new Map(keys.map((pk) => [rowKey(pk), pk]));
}

/** @throws MetadataRequiredError, UnsupportedQueryError for a condition on a field whose old values nobody keeps */
export async function requireLogs(reader: Reader, labels: readonly ConsumedLabel[]): Promise<void> {
  for (const { info, ast } of labels) {
    const metadata = await reader.metadata(info.source);
    if (!metadata.logged) {
      throw new MetadataRequiredError(
        `sync.consume on ${info.name} needs the log of its changes. ` +
          `Add a migration with: create(metadata(${info.name})).`,
      );
    }
    const logged = loggedFields(info, metadata);
    const missing = (ast?.where ?? []).map(({ field }) => field).find((field) => !logged.has(field));
    if (missing !== undefined) {
      throw new UnsupportedQueryError(
        `sync.consume on ${info.name} by "${missing}" needs the old values of this field in the log. ` +
          `Add a migration with: create(index(${info.name}, ["${missing}"])).`,
      );
    }
  }
}

/** The rows of a label as inserts. */
export async function rowsAsInserts(reader: Reader, label: ConsumedLabel): Promise<BatchChange<unknown>[]> {
  const { info, ast, keys } = label;
  const id = (row: object) => (row as Record<string, unknown>)[info.primaryKey.name];
  if (ast !== undefined) {
    const { rows } = await reader.rows(ast, info);
    return rows.map((row) => ({ op: "insert", key: id(row), row: project(ast, row) }));
  }
  const rows = await Promise.all([...(keys?.values() ?? [])].map((pk) => reader.row(info, pk)));
  return rows.flatMap((row) => (row === null ? [] : [{ op: "insert" as const, key: id(row), row }]));
}

/** The change that one log entry is for a label; undefined when it is none. */
export async function entryAsChange(
  reader: Reader,
  label: ConsumedLabel,
  entry: LogEntry,
): Promise<BatchChange<unknown> | undefined> {
  const { info, ast, keys } = label;
  const key = rowKey(entry.pk);
  if (keys !== undefined && !keys.has(key)) return undefined;
  const delta = new RowDelta(info, key, entry.pk, reader);
  delta.add(entry);
  // What came later is told by entries of its own: only this one says whether the row is there, and matches.
  const before = rowBefore(delta, null)?.row ?? null;
  const { last } = delta;
  const after = last.op === "delete" ? null : (last.record ?? hydrate(info, last.new ?? {}));
  const had = before !== null && (ast === undefined || matches(ast, before));
  const has = after !== null && (ast === undefined || matches(ast, after));
  if (!had && !has) return undefined;
  const row = has ? Object.freeze(last.record ?? (await largeRow(reader, delta))) : null;
  const shown = (value: object) => (ast === undefined ? value : project(ast, value));
  const id = ((row ?? before) as Record<string, unknown>)[info.primaryKey.name];
  if (had && row !== null) {
    const changed = last.changed as readonly never[];
    return { op: "update", key: id, row: shown(row), before: shown(before), changed };
  }
  if (row !== null) return { op: "insert", key: id, row: shown(row) };
  return { op: "delete", key: id, before: shown(before!) };
}

/** A row that is too large for the log: what the log knows of it, and the rest as it is now, if it is still there. */
async function largeRow(reader: Reader, { info, pk, last }: RowDelta): Promise<object> {
  const now = await reader.row(info, pk);
  return Object.assign(now ?? hydrate(info, {}), last.new);
}
