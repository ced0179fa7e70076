/** Makes the record of an insert as it will be stored: defaults, a new id and the timestamps are filled in. */

import { defaultOf, hydrate, type SchemaInfo } from "../../schema/index.js";
import { asStored } from "./as-stored.js";
import { type Clock, now } from "./now.js";
import { refusal } from "./refusal.js";
import type { AnyChangeset, Values } from "./values.js";

/**
 * Defaults are those of fields that were never set (of `new Product()`).
 *
 * @param changeset gets the errors; absent: one that is made for them
 * @throws InvalidChangesetError
 */
export function newRecord(
  info: SchemaInfo<Values>,
  values: Readonly<Values>,
  changeset: AnyChangeset | undefined,
  clock: Clock,
): Values {
  const filled: Values = { ...values };
  for (const field of info.fields) {
    if (filled[field.name] === undefined) filled[field.name] = defaultOf(field);
    if (field.autogenerate === undefined || filled[field.name] !== null) continue;
    if (field.autogenerate === "id") filled[field.name] = field.type.autogenerate?.() ?? null;
    else filled[field.name] = now(info, field.name, clock);
  }
  const record = hydrate(info, filled);
  try {
    asStored(info, record);
  } catch (error) {
    throw refusal(error, info, record, changeset, "insert");
  }
  return record;
}
