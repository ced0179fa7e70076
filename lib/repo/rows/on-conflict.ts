/** Says what an insert does when its primary key, or a unique value, is taken, and what is stored then. */

import { InvalidOptionsError, UnknownFieldError } from "../../errors.js";
import { layoutOf } from "../../layer/index.js";
import { hydrate, type SchemaInfo, showValue } from "../../schema/index.js";
import type { Session } from "../transaction/index.js";
import { mergingBy } from "./merge-by.js";
import { sameFields } from "./same-fields.js";
import type { Values } from "./values.js";
import { guarded } from "./writable-values.js";

/** Decides what becomes of a stored record by that and the one that was given: its changes, by field. */
export type MergeFunction<T> = (stored: T, given: T) => Partial<T>;

/** What `insert` does when the primary key, or the value of the `conflictTarget`, is taken. */
export type OnConflict<Field extends string = string, T = never> =
  | MergeFunction<T>
  | "raise"
  | "nothing"
  | "replaceAll"
  | { readonly replace: readonly Field[] }
  | { readonly replaceAllExcept: readonly Field[] };

type Choice = Exclude<OnConflict, MergeFunction<never>>;

/** The options of an insert that concern conflicts, checked. */
export interface Conflict {
  readonly onConflict: Choice | MergeFunction<Values>;
  /** Writes without looking. */
  readonly blind: boolean;
  /** Fields of the unique index whose value conflicts; undefined for the primary key. */
  readonly target: readonly string[] | undefined;
  /** Says in other words what refused the record; undefined keeps them. */
  readonly explain?: (error: unknown) => unknown;
}

export const raise: Conflict = Object.freeze({ onConflict: "raise", blind: false, target: undefined });

/** @throws InvalidOptionsError, UnknownFieldError */
export function conflictOf(info: SchemaInfo, onConflict: OnConflict | undefined, target: unknown): Conflict {
  const chosen = (onConflict ?? "raise") as Conflict["onConflict"];
  if (typeof chosen === "function") return { onConflict: chosen, ...targetOf(info, chosen, target) };
  const fields =
    typeof chosen === "string"
      ? []
      : "replace" in chosen
        ? chosen.replace
        : (chosen.replaceAllExcept ?? undefined);
  const known = typeof chosen !== "string" || ["raise", "nothing", "replaceAll"].includes(chosen);
  if (!known || !Array.isArray(fields)) {
    throw new InvalidOptionsError(
      'onConflict is "raise", "nothing", "replaceAll", { replace: [fields] }, { replaceAllExcept: [fields] } or a function: ' +
        "(stored, given) => ({ n: stored.n + given.n }).",
    );
  }
  for (const field of fields as readonly string[]) {
    if (!info.hasField(field))
      throw new UnknownFieldError(`onConflict names ${showValue(field)}, which ${info.name} does not have.`);
  }
  refuseKeys(info, chosen);
  return { onConflict: chosen, ...targetOf(info, chosen, target) };
}

/** The record that is there keeps its key; to name it would change nothing. */
function refuseKeys(info: SchemaInfo, onConflict: Choice): void {
  if (typeof onConflict === "string" || !("replace" in onConflict)) return;
  const unwritten = guarded(info).find(({ name }) => onConflict.replace.includes(name));
  if (unwritten !== undefined) {
    throw new InvalidOptionsError(
      `onConflict: { replace } names ${info.name}.${unwritten.name}, which is writable "${unwritten.writable}": the record that is ` +
        "there keeps it. Leave it out of the list.",
    );
  }
  const key = layoutOf(info).keyFields.find(({ name }) => onConflict.replace.includes(name));
  if (key === undefined) return;
  throw new InvalidOptionsError(
    `onConflict: { replace: [${onConflict.replace.map((field) => JSON.stringify(field)).join(", ")}] } names ${info.name}.` +
      `${key.name}, which is part of the primary key: the record that is there keeps its key. Leave it out of the list.`,
  );
}

function targetOf(
  info: SchemaInfo,
  onConflict: Conflict["onConflict"],
  target: unknown,
): Pick<Conflict, "blind" | "target"> {
  if (target === undefined) return { blind: false, target: undefined };
  if (!Array.isArray(target) || !target.every((field) => typeof field === "string")) {
    throw new InvalidOptionsError(
      'conflictTarget names the fields of a unique index, as in ["email"]; [] writes blindly. Left out, the primary key ' +
        "is what conflicts.",
    );
  }
  const fields = target as readonly string[];
  if (fields.length === 0) {
    if (typeof onConflict !== "function") return { blind: true, target: undefined };
    throw new InvalidOptionsError(
      "conflictTarget: [] writes without looking, so there is no stored record for the function of onConflict. " +
        "Leave conflictTarget out, or name the fields of a unique index.",
    );
  }
  for (const field of fields) {
    if (!info.hasField(field))
      throw new UnknownFieldError(
        `conflictTarget names ${showValue(field)}, which ${info.name} does not have.`,
      );
  }
  const names = layoutOf(info).keyFields.map(({ name }) => name);
  if (sameFields(fields, names)) return { blind: false, target: undefined };
  if (onConflict === "raise") {
    throw new InvalidOptionsError(
      `conflictTarget: [${fields.map((field) => JSON.stringify(field)).join(", ")}] needs to know what to do on a conflict: ` +
        'onConflict: "nothing", "replaceAll", { replace: [fields] }, { replaceAllExcept: [fields] } or a function. ' +
        "A value that is taken is refused without it.",
    );
  }
  return { blind: false, target: fields };
}

/** The record to store in place of an existing one, whose key it keeps; `null` leaves that alone. */
export function mergeFor(
  session: Session,
  info: SchemaInfo<Values>,
  record: Values,
  { onConflict, target }: Conflict,
): (existing: Values) => Values | null {
  if (typeof onConflict === "function") return mergingBy(session, info, record, onConflict);
  if (onConflict === "nothing" || onConflict === "raise") return () => null;
  // The primary key conflicts, so it is the same.
  if (onConflict === "replaceAll" && target === undefined && guarded(info).length === 0) return () => record;
  const keys = new Set([...layoutOf(info).keyFields, ...guarded(info)].map(({ name }) => name));
  const replaces = replacing(onConflict);
  return (existing) => {
    const values: Values = {};
    for (const { name } of info.fields) {
      values[name] = (!keys.has(name) && replaces(name) ? record : existing)[name];
    }
    return hydrate(info, values);
  };
}

function replacing(onConflict: Exclude<Choice, "raise" | "nothing">): (field: string) => boolean {
  if (onConflict === "replaceAll") return () => true;
  if ("replace" in onConflict) {
    const replaced = new Set<string>(onConflict.replace);
    return (field) => replaced.has(field);
  }
  const kept = new Set<string>(onConflict.replaceAllExcept);
  return (field) => !kept.has(field);
}
