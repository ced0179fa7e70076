/** Stores a new record, or merges it into the one that holds its value of a unique index. */

import { UnsupportedQueryError, VersionstampPendingError } from "../../errors.js";
import type { SchemaInfo } from "../../schema/index.js";
import { unpack } from "../../tuple/index.js";
import { dumpBody, layoutOf, type RowView } from "../codec/index.js";
import { type LayerContext, unbuiltIndexes, type WritePlace } from "../context/index.js";
import type { MaintainedIndex } from "../indexes/index.js";
import { type Bytes, keyText } from "../keys/index.js";
import { type Maintenance, maintenanceWith } from "../maintenance/index.js";
import { type InsertOutcome, insertAt } from "./insert-record.js";
import { dataKey } from "./record-key.js";
import { rewrite } from "./update-record.js";

export interface UpsertOptions<T> {
  /** Of the unique index, in any order. */
  readonly fields: readonly string[];
  /** The record to store in place of the one that holds the value, or null to leave that alone. */
  readonly merge: (existing: T) => T | null;
  /** Its place among the writes of the transaction; default: behind those that were called before. */
  readonly place?: WritePlace;
}

/**
 * One point read of the unique value, and then what an update of its owner costs, or an insert. A record whose value
 * is null, or that a partial index leaves out, holds nothing and is inserted.
 *
 * @throws UnsupportedQueryError without such an index; what inserts and updates throw
 */
export async function upsertRecord<T extends object>(
  ctx: LayerContext,
  info: SchemaInfo,
  record: T,
  options: UpsertOptions<T>,
): Promise<InsertOutcome<T>> {
  const place = options.place ?? ctx.attempt.order.enter();
  try {
    const layout = layoutOf(info);
    const row: RowView = { record, values: dumpBody(layout, record), unknown: undefined };
    const maintenance = await maintenanceWith(ctx, layout, undefined);
    const index = uniqueIndex(maintenance, options.fields);
    if (index === undefined) throw await withoutIndex(ctx, info, options.fields);
    const entry = index.entry(
      row,
      layout.keyFields.map(() => null),
      false,
    );
    // Without a value there is nobody to hold it.
    if (entry?.owner === undefined) return await insertAt(ctx, info, record, { conflict: "raise" }, place);
    for (;;) {
      const owner = await ownerOf(ctx, info, entry.key, place);
      if (owner === undefined) return await insertAt(ctx, info, record, { conflict: "raise" }, place);
      const pk = unpack(owner).slice(0, layout.keyFields.length);
      const merged = (stored: T) => options.merge(stored) ?? stored;
      const key = dataKey(ctx, info, pk);
      const updated = await rewrite<T>(ctx, { layout, maintenance, key, pk, place }, merged);
      if (updated === null) continue;
      return { inserted: false, existing: updated.old, record: updated.record, changed: updated.changed };
    }
  } finally {
    place.leave();
  }
}

function uniqueIndex(maintenance: Maintenance, fields: readonly string[]): MaintainedIndex | undefined {
  return maintenance.indexes.find(
    ({ info: { unique, state, each }, properties: own }) =>
      unique &&
      // Each item of a list may be another row's.
      each === undefined &&
      state === "readable" &&
      own.length === fields.length &&
      own.every((field) => fields.includes(field)),
  );
}

async function withoutIndex(
  ctx: LayerContext,
  info: SchemaInfo,
  fields: readonly string[],
): Promise<UnsupportedQueryError> {
  const list = fields.map((field) => JSON.stringify(field)).join(", ");
  const unbuilt = await unbuiltIndexes(ctx, info.source, fields);
  return new UnsupportedQueryError(
    `conflictTarget: [${list}] of ${info.name} needs a unique index on ${fields.length === 1 ? "this field" : "these fields"}, ` +
      `which the tenant does not have (yet). Add a migration with: create(index(${info.name}, [${list}], { unique: true })).${unbuilt}`,
  );
}

/** The packed primary key that holds a unique value in the turn of the write; read beside those called before it. */
async function ownerOf(
  ctx: LayerContext,
  info: SchemaInfo,
  key: Bytes,
  place: WritePlace,
): Promise<Bytes | undefined> {
  const { attempt } = ctx;
  const text = keyText(key);
  for (;;) {
    const claim = attempt.claim(key);
    if (claim !== undefined) await claim;
    // What this transaction wrote is known, and may not be readable before the commit.
    const read = attempt.uniqueOwner(text) === undefined ? await ctx.tx.get(key) : undefined;
    const turn = place.turn();
    if (turn !== undefined) await turn;
    const busy = attempt.untilFree([text]);
    if (busy !== undefined) {
      await busy;
      continue;
    }
    const written = attempt.uniqueOwner(text);
    if (written === undefined) return read;
    if (written === null) return undefined;
    if (written.length > 0) return written;
    throw new VersionstampPendingError(
      `The ${info.name} that holds this value gets its ${info.primaryKey.name} by the commit of this transaction, ` +
        "so it cannot be changed yet. Upsert in a later transaction.",
    );
  }
}
