/** Decides what becomes of a write that came too late for its record, as the options `stale…` and `allowStale` say. */

import { change, InvalidChangesetError } from "../../changeset/index.js";
import { InvalidOptionsError, StaleEntryError } from "../../errors.js";
import { setMeta, showValue } from "../../schema/index.js";
import { type AnyChangeset, isStaleRow, type Values } from "../rows/index.js";
import type { Write } from "./write.js";
import type { StaleOptions, UpdateOptions } from "./write-options.js";

/** @throws InvalidOptionsError for values of another type, and for options that contradict each other */
export function checkStaleOptions(operation: string, options: StaleOptions & UpdateOptions): void {
  const { staleErrorField, staleErrorMessage, allowStale, force } = options;
  if ((staleErrorField ?? staleErrorMessage ?? allowStale ?? force) === undefined) return;
  const texts = { staleErrorField, staleErrorMessage };
  for (const [name, value] of Object.entries(texts)) {
    if (value === undefined || (typeof value === "string" && value !== "")) continue;
    throw new InvalidOptionsError(`{ ${name} } of repo.${operation} is text, not ${showValue(value)}.`);
  }
  for (const [name, value] of Object.entries({ allowStale, force })) {
    if (value === undefined || typeof value === "boolean") continue;
    throw new InvalidOptionsError(
      `{ ${name} } of repo.${operation} is true or false, not ${showValue(value)}.`,
    );
  }
  if (staleErrorMessage !== undefined && staleErrorField === undefined) {
    throw new InvalidOptionsError(
      `{ staleErrorMessage } of repo.${operation} is the message of an error that has no field: add { staleErrorField: "…" }.`,
    );
  }
  if (allowStale === true && staleErrorField !== undefined) {
    throw new InvalidOptionsError(
      `repo.${operation} takes { allowStale } or { staleErrorField }, not both: what is allowed is no error of a field.`,
    );
  }
}

/** Runs the write of a record; what is stale about other records that are written with it is thrown as it is. */
export function unlessStale(
  given: Write,
  options: StaleOptions,
  write: () => Promise<Values>,
): Promise<Values> {
  const { staleErrorField, allowStale } = options;
  return staleErrorField === undefined && allowStale !== true ? write() : sayStale(given, options, write);
}

async function sayStale(
  { action, info, changeset, record }: Write,
  { staleErrorField, staleErrorMessage = "is stale", allowStale }: StaleOptions,
  write: () => Promise<Values>,
): Promise<Values> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof StaleEntryError) || !isStaleRow(error, info, record)) throw error;
    if (allowStale === true) return asIfWritten(action, changeset, record);
    if (staleErrorField === undefined) throw error;
    const base = changeset ?? (change(record) as AnyChangeset);
    const marked = base.addError(staleErrorField, staleErrorMessage, { stale: true });
    throw new InvalidChangesetError(marked.putAction(action), action);
  }
}

function asIfWritten(action: Write["action"], changeset: AnyChangeset | undefined, record: Values): Values {
  const given = (changeset ?? (change(record) as AnyChangeset)).applyChanges();
  if (action === "delete") setMeta(given, { state: "deleted" });
  return given;
}
