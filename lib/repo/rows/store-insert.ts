/** Stores the row of a new record, once its constraints are decided; nothing is written when it throws. */

import {
  dataKey,
  type InsertOutcome,
  insertRecord,
  layoutOf,
  upsertRecord,
  type WritePlace,
} from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { Session } from "../transaction/index.js";
import { checkConstraints } from "./constraints.js";
import { markPending } from "./mark-pending.js";
import { type Conflict, mergeFor } from "./on-conflict.js";
import { refusal } from "./refusal.js";
import type { AnyChangeset, Values } from "./values.js";
import { keepUnwritten } from "./writable-values.js";

const skipped = new WeakSet<object>();

/** False for a record that `onConflict: "nothing"` gave back unchanged. */
export const wasStored = (record: object): boolean => !skipped.has(record);

/**
 * @param record of `newRecord`
 * @returns the record that is stored now
 */
export async function storeInsert(
  session: Session,
  info: SchemaInfo<Values>,
  record: Values,
  changeset: AnyChangeset | undefined,
  conflict: Conflict,
  place?: WritePlace,
): Promise<Values> {
  const { layer } = session;
  const { onConflict, blind, target } = conflict;
  const layout = layoutOf(info);
  keepUnwritten(session, info, record);
  const refused = (error: unknown): unknown => {
    const reason = refusal(error, info, record, changeset, "insert");
    return conflict.explain?.(reason) ?? reason;
  };
  const upsert = !blind && target === undefined && onConflict !== "raise" && !layout.isPending(record);
  const gate = upsert
    ? session.turn(() => dataKey(layer, info, layout.keyOf(record)), true)
    : session.reading();
  if (gate !== undefined) await gate;
  if (changeset !== undefined) await checkConstraints(session, info, changeset, record, "insert");
  try {
    const at = place === undefined ? {} : { place };
    const outcome =
      target === undefined
        ? await insertRecord<Values>(layer, info, record, {
            conflict: blind ? "blind" : upsert ? "return" : "raise",
            ...(upsert ? { merge: mergeFor(session, info, record, conflict) } : {}),
            ...at,
          })
        : await upsertRecord<Values>(layer, info, record, {
            fields: target,
            merge: mergeFor(session, info, record, conflict),
            ...at,
          });
    if (outcome.inserted && outcome.pending) markPending(session, info, outcome.record, outcome.op);
    if (upsert || !outcome.inserted) session.noteWrite(dataKey(layer, info, layout.keyOf(outcome.record)));
    else session.writes++;
    explainTaken(session, info, outcome, refused);
    if (!outcome.inserted && outcome.changed.length === 0) skipped.add(outcome.record);
    return outcome.record;
  } catch (error) {
    throw refused(error);
  }
}

/** How it reads that a unique value is taken, when that is known after all writes of a list or graph. */
function explainTaken(
  { layer }: Session,
  info: SchemaInfo<Values>,
  outcome: InsertOutcome<Values>,
  explanation: (error: unknown) => unknown,
): void {
  const { judge } = layer.attempt;
  if (judge === undefined) return;
  const pending = outcome.inserted && outcome.pending;
  judge.explain(
    pending ? outcome.op : dataKey(layer, info, layoutOf(info).keyOf(outcome.record)),
    explanation,
  );
}
