/** Deletes a record with its chunks, its index entries and all else that follows. */

import type { SchemaInfo } from "../../schema/index.js";
import { pack, type TupleItem } from "../../tuple/index.js";
import { layoutOf } from "../codec/index.js";
import type { LayerContext, WritePlace } from "../context/index.js";
import { chunkRange, sourceKeys } from "../keys/index.js";
import { commitChange, maintenanceWith, type RowChange } from "../maintenance/index.js";
import { loadUnlessStale } from "./stored-row.js";
import { movesBefore } from "./update-record.js";

const none: readonly never[] = Object.freeze([]);

export interface DeleteOptions<T> {
  /** Called with the record as it is stored; what it throws leaves the record alone. */
  readonly check?: (stored: T) => void;
  /** Its place among the writes of the transaction; default: behind those that were called before. */
  readonly place?: WritePlace;
}

export interface DeleteOutcome<T> {
  readonly old: T;
}

/**
 * Deletes a record with everything that belongs to it. One point read (and one range read when it is chunked). Null
 * when there is no record.
 *
 * @throws TenantGoneError
 */
export async function deleteRecord<T extends object>(
  ctx: LayerContext,
  info: SchemaInfo,
  pk: readonly TupleItem[],
  options: DeleteOptions<T> = {},
): Promise<DeleteOutcome<T> | null> {
  const place = options.place ?? ctx.attempt.order.enter();
  try {
    return await remove<T>(ctx, info, pk, place, options.check);
  } finally {
    place.leave();
  }
}

async function remove<T extends object>(
  ctx: LayerContext,
  info: SchemaInfo,
  pk: readonly TupleItem[],
  place: WritePlace,
  check: DeleteOptions<T>["check"],
): Promise<DeleteOutcome<T> | null> {
  const layout = layoutOf(info);
  const { attempt, tx } = ctx;
  const key = pack(pk, sourceKeys(ctx.tenant, info.source).data);
  for (;;) {
    const claim = attempt.claim(key);
    if (claim !== undefined) await claim;
    const begun = attempt.beginRead();
    try {
      const isStale = () => attempt.isStale(key, begun);
      const found = tx.get(key);
      const maintenance = await maintenanceWith(ctx, layout, found);
      const value = await found;
      if (value === undefined) {
        if (await movesBefore(ctx, place, key, isStale)) continue;
        return null;
      }
      const old = await loadUnlessStale<T>(ctx, layout, key, value, pk, isStale);
      if (old === undefined || isStale()) continue;
      check?.(old.record);
      const change: RowChange = {
        op: "delete",
        number: place.number,
        pk,
        pending: false,
        old,
        row: undefined,
        body: undefined,
        changed: none,
        positions: none,
      };
      const written = await commitChange(ctx, maintenance, change, place, {
        key,
        isStale,
        write: () => {
          tx.clear(key);
          if (old.chunked) {
            const chunks = chunkRange(key);
            tx.clearRange(chunks.begin, chunks.end);
          }
          attempt.noteWrite(key);
        },
      });
      if (written) return { old: old.record };
    } finally {
      attempt.endRead();
    }
  }
}
