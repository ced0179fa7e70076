/** Says what an insert does when the primary key is taken, and what is stored then. */

import { InvalidOptionsError, UnknownFieldError } from "../../errors.js";
import { layoutOf } from "../../layer/index.js";
import { hydrate, type SchemaInfo, showValue } from "../../schema/index.js";
import type { Values } from "./values.js";

/** What `insert` does when the primary key is taken. */
export type OnConflict<Field extends string = string> =
  | "raise"
  | "nothing"
  | "replaceAll"
  | { readonly replace: readonly Field[] }
  | { readonly replaceAllExcept: readonly Field[] };

/** The options of an insert that concern conflicts, checked. */
export interface Conflict {
  readonly onConflict: OnConflict;
  /** Writes without looking. */
  readonly blind: boolean;
}

export const raise: Conflict = Object.freeze({ onConflict: "raise", blind: false });

/** @throws InvalidOptionsError, UnknownFieldError */
export function conflictOf(info: SchemaInfo, onConflict: OnConflict | undefined, target: unknown): Conflict {
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

/** The record to store in place of an existing one; `null` leaves that alone. */
export function mergeFor(
  info: SchemaInfo<Values>,
  record: Values,
  onConflict: OnConflict,
): (existing: Values) => Values | null {
  if (onConflict === "nothing" || onConflict === "raise") return () => null;
  if (onConflict === "replaceAll") return () => record;
  const kept = "replace" in onConflict ? undefined : new Set<string>(onConflict.replaceAllExcept);
  const replaced = "replace" in onConflict ? new Set<string>(onConflict.replace) : undefined;
  const keys = new Set(layoutOf(info).keyFields.map(({ name }) => name));
  return (existing) => {
    const values: Values = {};
    for (const { name } of info.fields) {
      const fromNew = keys.has(name) || (replaced?.has(name) ?? !kept!.has(name));
      values[name] = (fromNew ? record : existing)[name];
    }
    return hydrate(info, values);
  };
}
