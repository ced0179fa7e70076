import type { Changeset } from "../../changeset/index.js";
import { InvalidOptionsError, UnknownFieldError } from "../../errors.js";
import { dataKey, insertRecord, layoutOf } from "../../layer/index.js";
import { hydrate, type SchemaInfo, showValue } from "../../schema/index.js";
import type { OnConflict, Session } from "../transaction/index.js";
import { markPending } from "../transaction/index.js";
import { checkConstraints, uniqueFailure } from "./constraints.js";
import { type AnyChangeset, type Values, withTypeErrors } from "./write-values.js";

export interface StoreOptions {
  readonly onConflict: OnConflict;
  readonly blind: boolean;
}

/** The record to store in place of an existing one; `null` leaves that alone. */
function mergeFor<T extends object>(
  info: SchemaInfo<T>,
  record: T,
  onConflict: OnConflict,
): (existing: T) => T | null {
  if (onConflict === "nothing" || onConflict === "raise") return () => null;
  if (onConflict === "replaceAll") return () => record;
  const kept = "replace" in onConflict ? undefined : new Set<string>(onConflict.replaceAllExcept);
  const replaced = "replace" in onConflict ? new Set<string>(onConflict.replace) : undefined;
  const keys = new Set(layoutOf(info).keyFields.map(({ name }) => name));
  return (existing) => {
    const values: Values = {};
    for (const { name } of info.fields) {
      const fromNew = keys.has(name) || (replaced?.has(name) ?? !kept!.has(name));
      values[name] = ((fromNew ? record : existing) as Values)[name];
    }
    return hydrate(info, values);
  };
}

/** @throws InvalidOptionsError, UnknownFieldError */
export function checkOnConflict(
  info: SchemaInfo,
  onConflict: OnConflict | undefined,
  target: unknown,
): StoreOptions {
  const chosen = onConflict ?? "raise";
  const fields =
    typeof chosen === "string"
      ? []
      : "replace" in chosen
        ? chosen.replace
        : (chosen.replaceAllExcept ?? undefined);
  const known = typeof chosen !== "string" || ["raise", "nothing", "replaceAll"].includes(chosen);
  if (!known || !Array.isArray(fields)) {
    throw new InvalidOptionsError(
      'onConflict is "raise", "nothing", "replaceAll", { replace: [fields] } or { replaceAllExcept: [fields] }. ' +
        "For anything else, read and update in one transaction.",
    );
  }
  for (const field of fields as readonly string[]) {
    if (!info.hasField(field))
      throw new UnknownFieldError(`onConflict names ${showValue(field)}, which ${info.name} does not have.`);
  }
  if (target !== undefined && !(Array.isArray(target) && target.length === 0)) {
    throw new InvalidOptionsError(
      "conflictTarget is [] (write blindly) or left out: the primary key is what conflicts. " +
        "For a unique index, look the row up with repo.getBy in the same transaction.",
    );
  }
  return { onConflict: chosen, blind: target !== undefined };
}

const skipped = new WeakSet<object>();

/** False for a record that `onConflict: "nothing"` gave back unchanged. */
export const wasStored = (record: object): boolean => !skipped.has(record);

/** Stores a record of `newRecord`, checks included; nothing is written when it throws. */
export async function storeNew<T extends object>(
  session: Session,
  info: SchemaInfo<T>,
  record: T,
  changeset: Changeset<T> | undefined,
  { onConflict, blind }: StoreOptions,
): Promise<{ readonly record: T; readonly inserted: boolean }> {
  const { layer } = session;
  const layout = layoutOf(info);
  const upsert = !blind && onConflict !== "raise" && !layout.isPending(record);
  const gate = upsert
    ? session.turn(() => dataKey(layer, info, layout.keyOf(record)), true)
    : session.reading();
  if (gate !== undefined) await gate;
  await checkConstraints(session, info, changeset, record, "insert");
  try {
    const written = {
      info,
      values: record as Values,
      changeset: changeset as AnyChangeset<T>,
      action: "insert",
    } as const;
    const outcome = await withTypeErrors(written, () =>
      insertRecord<T>(
        layer,
        info,
        record,
        blind
          ? { conflict: "blind" }
          : upsert
            ? { conflict: "return", merge: mergeFor(info, record, onConflict) }
            : { conflict: "raise" },
      ),
    );
    if (outcome.inserted && outcome.pending) markPending(session, info, outcome.record, outcome.op);
    if (upsert) session.noteWrite(dataKey(layer, info, layout.keyOf(outcome.record)));
    else session.writes++;
    if (!outcome.inserted && outcome.changed.length === 0) skipped.add(outcome.record);
    return outcome;
  } catch (error) {
    throw uniqueFailure(error, info, changeset, "insert");
  }
}
