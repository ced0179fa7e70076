/** Merges a record that was given into the stored one, by a function of the application. */

import { isChangeset } from "../../changeset/index.js";
import { InvalidOptionsError, RequiredFieldError } from "../../errors.js";
import { layoutOf } from "../../layer/index.js";
import { equalValues, hydrate, isPlainObject, type SchemaInfo, showValue } from "../../schema/index.js";
import type { Session } from "../transaction/index.js";
import { asStored } from "./as-stored.js";
import type { Values } from "./values.js";
import { writableChanges } from "./writable-values.js";

/** The record to store, whose `updatedAt` moves as that of an update; `null` when the function changes nothing. */
export function mergingBy(
  session: Session,
  info: SchemaInfo<Values>,
  given: Values,
  merge: (stored: Values, given: Values) => unknown,
): (existing: Values) => Values | null {
  return (existing) => {
    const all = checked(info, merge(ownCopy(info, existing), ownCopy(info, given)));
    const changed = Object.entries(all).filter(
      ([name, value]) => !equalValues(info.field(name).type, value, existing[name] ?? null),
    );
    const changes = writableChanges(session, info, Object.fromEntries(changed));
    if (Object.keys(changes).length === 0) return null;
    const values: Values = { ...existing, ...changes };
    for (const { name, autogenerate } of info.fields) {
      if (autogenerate === "updatedAt" && !Object.hasOwn(all, name)) values[name] = given[name];
    }
    const record = hydrate(info, values);
    asStored(info, record, changes);
    return record;
  };
}

/** What the function may change in place without harm. */
function ownCopy(info: SchemaInfo<Values>, record: Values): Values {
  const copy = hydrate(info, record);
  asStored(info, copy);
  return copy;
}

function checked(info: SchemaInfo, changes: unknown): Values {
  if (!isPlainObject(changes) || isChangeset(changes)) {
    const what = changes instanceof Promise ? "a promise; it must not be asynchronous" : showValue(changes);
    throw new InvalidOptionsError(
      `The function of onConflict gives the changes of the stored ${info.name}, as { field: value } or {}, not ${what}.`,
    );
  }
  const keys = new Set(layoutOf(info).keyFields.map(({ name }) => name));
  for (const [name, value] of Object.entries(changes)) {
    const { required } = info.field(name);
    if (keys.has(name)) {
      throw new InvalidOptionsError(
        `The function of onConflict changes ${info.name}.${name}, which is part of the primary key: the record that is there ` +
          "keeps its key. Leave it out.",
      );
    }
    if (value === undefined) {
      throw new InvalidOptionsError(
        `The function of onConflict gives undefined for ${info.name}.${name}; write null for an empty value, or leave it out.`,
      );
    }
    if (value === null && required) throw new RequiredFieldError(info.name, name, name);
  }
  return changes;
}
