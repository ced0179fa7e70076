/** Reads a row, has its change made of it, and writes that: begun anew as often as the row moves meanwhile. */

import type { TupleItem } from "../../tuple/index.js";
import type { RecordLayout } from "../codec/index.js";
import type { LayerContext, WritePlace } from "../context/index.js";
import type { Bytes } from "../keys/index.js";
import { commitChange, type Maintenance, maintenanceWith, type RowChange } from "../maintenance/index.js";
import { movesBefore } from "./moves-before.js";
import { loadedRow, loadUnlessStale, type ReadRecord, type StoredRow } from "./stored-row.js";

export interface RowTarget {
  readonly layout: RecordLayout;
  readonly key: Bytes;
  readonly pk: readonly TupleItem[];
  readonly place: WritePlace;
  /** What its writes maintain, where that is known already. */
  readonly maintenance?: Maintenance | undefined;
  /** The record, where this transaction has just read it. */
  readonly read?: ReadRecord | undefined;
}

/** What is made of a row. */
export interface RowStep<R> {
  /** Undefined where nothing is written. */
  readonly change: RowChange | undefined;
  /** Writes the row itself. */
  write(): void;
  readonly result: R;
}

/**
 * One point read, and one range read when the record is chunked; none of a record that this transaction has just read.
 *
 * @param step makes the change of the row as it is stored in this transaction; it may be called again
 * @returns null when there is no row
 */
export async function changeRow<T extends object, R>(
  ctx: LayerContext,
  target: RowTarget,
  step: (old: StoredRow<T>) => RowStep<R>,
): Promise<R | null> {
  const { attempt, tx } = ctx;
  const { layout, key, pk, place } = target;
  let { read } = target;
  for (;;) {
    const claim = attempt.claim(key);
    if (claim !== undefined) await claim;
    const begun = attempt.beginRead();
    const known = read;
    read = undefined;
    try {
      const isStale = () => attempt.isStale(key, known?.since ?? begun);
      const found = known === undefined ? tx.get(key) : undefined;
      const maintenance = target.maintenance ?? (await maintenanceWith(ctx, layout, found));
      let old: StoredRow<T> | undefined;
      if (known !== undefined) old = loadedRow(known.record as T);
      else {
        const value = await found;
        if (value === undefined) {
          if (await movesBefore(ctx, place, key, isStale)) continue;
          return null;
        }
        old = await loadUnlessStale<T>(ctx, layout, key, value, pk, isStale);
      }
      if (old === undefined || isStale()) continue;
      const { change, write, result } = step(old);
      if (change === undefined) {
        if (await movesBefore(ctx, place, key, isStale)) continue;
        return result;
      }
      const row = {
        key,
        isStale,
        write: () => {
          write();
          attempt.noteWrite(key);
        },
      };
      if (await commitChange(ctx, maintenance, change, place, row)) return result;
    } finally {
      attempt.endRead();
    }
  }
}
