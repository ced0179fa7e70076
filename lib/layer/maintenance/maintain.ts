import { equalBytes, MutationType } from "../../engine/index.js";
import type { TupleItem } from "../../tuple/index.js";
import type { BodyField } from "../codec/index.js";
import { type Bytes, EMPTY, keyText, touchHead } from "../keys/index.js";
import { encodeLogEntry, type LoggedChange } from "../log/index.js";
import type { LayerContext } from "../metadata/index.js";
import type { RowView } from "./columns.js";
import { type Guards, noGuards } from "./guards.js";
import type { IndexedRow, IndexerContext } from "./indexer.js";
import type { Entry, MaintainedIndex, Maintenance } from "./maintenance.js";

/** What one operation does to one row. */
export interface RowChange {
  readonly op: "insert" | "update" | "delete";
  readonly number: number;
  readonly pk: readonly TupleItem[];
  /** The commit assigns the primary key. */
  readonly pending: boolean;
  readonly old: RowView | undefined;
  readonly row: RowView | undefined;
  readonly body: Bytes | undefined;
  /** Changed fields of an update, and their positions in the body. */
  readonly changed: readonly BodyField[];
  readonly positions: readonly number[];
}

const one = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
const minusOne = Buffer.alloc(8, 0xff);
const zero = Buffer.alloc(8);

/** Writes everything that follows from a row's change. The checks are done: nothing here reads or refuses. */
export function maintain(
  ctx: LayerContext,
  maintenance: Maintenance,
  change: RowChange,
  guards: Guards = noGuards,
): void {
  const { indexes, counters, custom } = maintenance;
  for (let i = 0; i < indexes.length; i++) maintainIndex(ctx, indexes[i] as MaintainedIndex, change, guards);
  for (let i = 0; i < counters.length; i++) count(ctx, counters[i] as MaintainedIndex, change, guards);
  for (let i = 0; i < custom.length; i++) maintainCustom(ctx, custom[i] as MaintainedIndex, change, guards);
  if (maintenance.logged) log(ctx, maintenance, change);
}

function maintainIndex(ctx: LayerContext, index: MaintainedIndex, change: RowChange, guards: Guards): void {
  if (change.op === "update" && !index.touches(change.positions)) return;
  const { old, row, pk } = change;
  const before = old === undefined ? undefined : index.entry(old, pk, false);
  const after =
    row === undefined || index.info.state === "deleteOnly" ? undefined : index.entry(row, pk, change.pending);
  if (before !== undefined && (after === undefined || !equalBytes(before.key, after.key))) {
    removeEntry(ctx, index, before, guards);
  }
  if (after === undefined) return;
  if (before !== undefined && equalBytes(before.key, after.key) && equalBytes(before.value, after.value))
    return;
  writeEntry(ctx, index, after, guards);
}

function removeEntry(ctx: LayerContext, index: MaintainedIndex, entry: Entry, guards: Guards): void {
  if (entry.owner === undefined) {
    ctx.tx.clear(entry.key);
    return;
  }
  // While a unique index is being built the value may belong to another row.
  if (index.info.state === "writeOnly" && guards.isForeign(entry.key)) return;
  ctx.tx.clear(entry.key);
  ctx.attempt.uniques.set(keyText(entry.key), null);
}

function writeEntry(ctx: LayerContext, index: MaintainedIndex, entry: Entry, guards: Guards): void {
  const { tx } = ctx;
  if (entry.owner !== undefined) {
    if (index.info.state === "writeOnly" && guards.isForeign(entry.key)) {
      guards.reportDuplicate(ctx, index, entry);
      return;
    }
    ctx.attempt.uniques.set(keyText(entry.key), entry.owner);
  }
  if (entry.stamp === "none") tx.set(entry.key, entry.value);
  else if (entry.stamp === "key") tx.atomic(MutationType.setVersionstampedKey, entry.key, entry.value);
  else tx.atomic(MutationType.setVersionstampedValue, entry.key, entry.value);
}

function count(ctx: LayerContext, index: MaintainedIndex, change: RowChange, guards: Guards): void {
  if (index.info.state === "deleteOnly") return;
  if (change.op === "update" && !index.touches(change.positions)) return;
  if (index.followsCursor && !guards.isBuilt(index)) return;
  const before = counterKey(index, change.old);
  const after = counterKey(index, change.row);
  if (before !== undefined && after !== undefined && equalBytes(before, after)) return;
  if (before !== undefined) {
    ctx.tx.atomic(MutationType.add, before, minusOne);
    // A value that no row has any more leaves no key behind.
    ctx.tx.atomic(MutationType.compareAndClear, before, zero);
  }
  if (after !== undefined) ctx.tx.atomic(MutationType.add, after, one);
}

function counterKey(index: MaintainedIndex, row: RowView | undefined): Bytes | undefined {
  return row === undefined ? undefined : index.counterKey(row);
}

function maintainCustom(ctx: LayerContext, index: MaintainedIndex, change: RowChange, guards: Guards): void {
  const { indexer } = index;
  if (indexer === undefined || index.info.state === "deleteOnly") return;
  if (change.op === "update" && !index.touches(change.positions)) return;
  if (index.followsCursor && !guards.isBuilt(index)) return;
  const old = indexedRow(index, change.old, change.pk, false);
  const row = indexedRow(index, change.row, change.pk, change.pending);
  const context = indexerContext(ctx, index);
  if (old !== undefined && row !== undefined && indexer.update !== undefined) {
    indexer.update(context, old, row);
    return;
  }
  if (old !== undefined) indexer.clear(context, old);
  if (row !== undefined) indexer.set(context, row);
}

export function indexerContext(
  ctx: Pick<LayerContext, "tx" | "tenant">,
  index: MaintainedIndex,
): IndexerContext {
  return { tx: ctx.tx, tenant: ctx.tenant, index: index.info, prefix: index.prefix };
}

/** The row as the indexer takes it; undefined when a partial index leaves it out. */
export function indexedRow(
  index: MaintainedIndex,
  row: RowView | undefined,
  pk: readonly TupleItem[],
  pending: boolean,
): IndexedRow | undefined {
  if (row === undefined || !index.holds(row)) return undefined;
  return {
    record: row.record as Readonly<Record<string, unknown>>,
    values: index.items(row),
    pk,
    pending,
  };
}

function log(ctx: LayerContext, maintenance: Maintenance, change: RowChange): void {
  const { tx, attempt } = ctx;
  const { keys, groups } = maintenance;
  const logged: LoggedChange = change;
  const value = encodeLogEntry(logged, maintenance.loggedFields);
  tx.atomic(MutationType.setVersionstampedKey, keys.logKey(change.number), value);
  if (!attempt.heads.has(keys)) {
    attempt.heads.add(keys);
    touchHead(tx, keys.head);
  }
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i] as MaintainedIndex;
    const before =
      change.old === undefined ? undefined : keys.groupHead(group.info.fields, group.items(change.old));
    const after =
      change.row === undefined ? undefined : keys.groupHead(group.info.fields, group.items(change.row));
    touchGroup(ctx, before ?? EMPTY);
    touchGroup(ctx, after ?? EMPTY);
  }
}

function touchGroup(ctx: LayerContext, head: Bytes): void {
  if (head === EMPTY) return;
  const id = keyText(head);
  if (ctx.attempt.heads.has(id)) return;
  ctx.attempt.heads.add(id);
  touchHead(ctx.tx, head);
}
