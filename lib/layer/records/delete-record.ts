/** Deletes a record with its chunks, its index entries and all else that follows. */

import type { SchemaInfo } from "../../schema/index.js";
import { pack, type TupleItem } from "../../tuple/index.js";
import { layoutOf } from "../codec/index.js";
import type { LayerContext } from "../context/index.js";
import { chunkRange, sourceKeys } from "../keys/index.js";
import { commitChange, maintenanceWith, type RowChange } from "../maintenance/index.js";
import { loadRow } from "./stored-row.js";

const none: readonly never[] = Object.freeze([]);

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
): Promise<DeleteOutcome<T> | null> {
  const layout = layoutOf(info);
  const { attempt, tx } = ctx;
  const key = pack(pk, sourceKeys(ctx.tenant, info.source).data);
  for (;;) {
    const begun = attempt.beginRead();
    try {
      const found = tx.get(key);
      const maintenance = await maintenanceWith(ctx, layout, found);
      const value = await found;
      if (value === undefined) {
        if (attempt.isStale(key, begun)) continue;
        return null;
      }
      const old = await loadRow<T>(tx, layout, ctx.tenant, key, value, pk);
      if (attempt.isStale(key, begun)) continue;
      const change: RowChange = {
        op: "delete",
        number: ctx.nextOp(),
        pk,
        pending: false,
        old,
        row: undefined,
        body: undefined,
        changed: none,
        positions: none,
      };
      let stale = false;
      await commitChange(ctx, maintenance, change, () => {
        stale = attempt.isStale(key, begun);
        if (stale) return false;
        tx.clear(key);
        if (old.chunked) {
          const chunks = chunkRange(key);
          tx.clearRange(chunks.begin, chunks.end);
        }
        attempt.noteWrite(key);
        return true;
      });
      if (stale) continue;
      return { old: old.record };
    } finally {
      attempt.endRead();
    }
  }
}
