/** Deletes a record with its chunks, its index entries and all else that follows. */

import type { SchemaInfo } from "../../schema/index.js";
import { pack, type TupleItem } from "../../tuple/index.js";
import { layoutOf, type RowView } from "../codec/index.js";
import type { LayerContext, WritePlace } from "../context/index.js";
import { chunkRange, sourceKeys } from "../keys/index.js";
import type { RowChange } from "../maintenance/index.js";
import { changeRow } from "./change-row.js";
import type { ReadRecord } from "./stored-row.js";

const none: readonly never[] = Object.freeze([]);

export interface DeleteOptions<T> {
  /** Called with the record as it is stored; what it throws leaves the record alone. */
  readonly check?: ((stored: T) => void) | undefined;
  /** Its place among the writes of the transaction; default: behind those that were called before. */
  readonly place?: WritePlace | undefined;
  /** The record, where this transaction has just read it; default: it is read. */
  readonly read?: ReadRecord | undefined;
}

export interface DeleteOutcome<T> {
  readonly old: T;
}

/**
 * Deletes a record with everything that belongs to it. One point read (and one range read when it is chunked), or
 * none with `read`. Null when there is no record.
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
  const { check, read } = options;
  const { tx } = ctx;
  try {
    const key = pack(pk, sourceKeys(ctx.tenant, info.source).data);
    return await changeRow<T, DeleteOutcome<T>>(
      ctx,
      { layout: layoutOf(info), key, pk, place, read },
      (old) => {
        check?.(old.record);
        return {
          change: deletion(place.number, pk, old),
          write: () => {
            tx.clear(key);
            if (!old.chunked) return;
            const chunks = chunkRange(key);
            tx.clearRange(chunks.begin, chunks.end);
          },
          result: { old: old.record },
        };
      },
    );
  } finally {
    place.leave();
  }
}

function deletion(number: number, pk: readonly TupleItem[], old: RowView): RowChange {
  return {
    op: "delete",
    number,
    pk,
    pending: false,
    old,
    row: undefined,
    body: undefined,
    changed: none,
    positions: none,
  };
}
