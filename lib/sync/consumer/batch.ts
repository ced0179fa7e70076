import { MetadataRequiredError, UnsupportedQueryError } from "../../errors.js";
import { layoutOf } from "../../layer/index.js";
import { matches, project, type QueryAst } from "../../query/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { TupleItem } from "../../tuple/index.js";
import type { Change, Version } from "../live/index.js";
import { type AnyLive, type ChangeOf, isLive, partsOf } from "../live/index.js";
import type { Reader } from "../log/index.js";
import { type KnownRow, loggedFields, type RowDelta, rowAfter, rowBefore, rowKey } from "../log/index.js";
import { unknownOf } from "../view/index.js";

/** A change without its place in a list: consumers process each change of each commit, not a list. */
export type BatchChange<T> =
  Change<T> extends infer C ? (C extends unknown ? Omit<C, "index" | "from"> & Unknown<T> : never) : never;

interface Unknown<T> {
  /**
   * Fields that nobody kept, because their values are too large for the log: null in `before`, and in `row` when the
   * row is gone by now.
   */
  readonly unknown?: readonly (keyof T)[];
}

/** What a consumer processes in one transaction: whole commits, in order. */
export interface Batch<Q> {
  /**
   * `initial` (nothing was told before) and `cursor-expired` (forget what was told: changes are missing) begin to tell
   * the rows there are, as inserts; where these are more than about 1,000, the rest follows with `change`, between the
   * changes that happen meanwhile to rows that were told.
   */
  readonly reason: "initial" | "change" | "cursor-expired";
  /** Every change of every commit, in commit order; a row that changed twice is told twice. */
  readonly changes: { readonly [L in keyof Q]: readonly BatchChange<ChangeOf<Q[L]>>[] };
  /** All commits up to this version are processed once the batch is, as far as they are about rows that were told. */
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

/** The change that the `at`-th entry of a row is for a label; undefined when it is none. @throws Unresumable */
export async function entryAsChange(
  label: ConsumedLabel,
  delta: RowDelta,
  at: number,
): Promise<BatchChange<unknown> | undefined> {
  const { info, ast, keys } = label;
  if (keys !== undefined && !keys.has(delta.key)) return undefined;
  const needed = ast === undefined ? [] : ast.where.map((condition) => condition.field);
  const ask = { needed, matches: (row: object) => ast === undefined || matches(ast, row) };
  const [before, after] = await Promise.all([rowBefore(delta, at, ask), rowAfter(delta, at, ask)]);
  const selected = ast?.select?.fields;
  const shown = ({ row }: KnownRow) => (ast === undefined ? row : project(ast, row));
  const known = after ?? before;
  if (known === null) return undefined;
  const key = (known.row as Record<string, unknown>)[info.primaryKey.name];
  const lost = new Set([...(before?.unknown ?? []), ...(after?.unknown ?? [])]);
  const unknown = unknownOf([...lost], selected) as { readonly unknown?: readonly never[] };
  if (before === null) return { op: "insert", key, row: shown(after!), ...unknown };
  if (after === null) return { op: "delete", key, before: shown(before), ...unknown };
  const changed = delta.entries[at]!.changed.filter((field) => selected?.includes(field) ?? true);
  if (changed.length === 0) return undefined;
  return {
    op: "update",
    key,
    row: shown(after),
    before: shown(before),
    changed: changed as unknown as readonly never[],
    ...unknown,
  };
}
