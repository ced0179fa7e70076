/** Tells whether a relation of a record is there to be read, and makes it unread again. */

import { InvalidOptionsError } from "../../errors.js";
import {
  type AssocKey,
  defaultOf,
  type FieldKey,
  isSchema,
  type Preloaded,
  type SchemaClass,
  type SchemaInfo,
  schemaOf,
} from "../definition/index.js";
import { showValue } from "../types/index.js";
import { lostClass } from "./lost-class.js";
import { copyMeta } from "./record-meta.js";

function infoOf(operation: string, record: unknown): SchemaInfo {
  const schema: unknown = typeof record === "object" && record !== null ? record.constructor : undefined;
  if (isSchema(schema)) return schemaOf(schema as SchemaClass<object>);
  const lost = typeof record === "object" && record !== null ? lostClass(record) : undefined;
  throw new InvalidOptionsError(
    `${operation} takes a record of a schema; ${lost ?? `${showValue(record)} was given.`}`,
  );
}

/**
 * Whether a relation of a record has been loaded (or given): then it can be read. A relation to one record that is loaded
 * and leads to none is `null`, and loaded.
 *
 * @example if (isLoaded(product, "reviews")) product.reviews.length;
 * @throws UnknownFieldError for what is no relation; InvalidOptionsError for what is no record
 */
export function isLoaded<T extends object, const K extends AssocKey<T>>(
  record: T,
  name: K,
): record is Preloaded<T, K> & T {
  const info = infoOf("isLoaded(record, name)", record);
  info.association(name);
  return Object.hasOwn(record, name) && (record as Record<string, unknown>)[name] !== undefined;
}

/**
 * A copy of a record in which relations are not loaded, and fields have the value of a new record: their default, or null.
 *
 * @example resetFields(product, ["reviews", "description"])
 * @throws UnknownFieldError for what is neither field nor relation; InvalidOptionsError for what is no record
 */
export function resetFields<T extends object>(record: T, names: readonly (FieldKey<T> | AssocKey<T>)[]): T {
  const info = infoOf("resetFields(record, names)", record);
  if (!Array.isArray(names)) {
    throw new InvalidOptionsError(
      `resetFields(record, names) takes a list of fields and relations, not ${showValue(names)}.`,
    );
  }
  const copy = Object.assign(Object.create(Object.getPrototypeOf(record) as object), record) as Record<
    string,
    unknown
  >;
  for (const name of names as readonly string[]) {
    if (info.hasAssociation(name)) delete copy[name];
    else copy[name] = defaultOf(info.field(name));
  }
  copyMeta(record, copy);
  return copy as T;
}
