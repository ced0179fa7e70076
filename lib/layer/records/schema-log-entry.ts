/** Translates log entries from stored keys and values to the properties and values of a schema. */

import type { SchemaInfo, StoredValue } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import type { TupleItem } from "../../tuple/index.js";
import { type BodyField, layoutOf } from "../codec/index.js";
import type { LogEntry } from "../log/index.js";
import { rowOf } from "./stored-row.js";

/** A log entry in terms of a schema: properties and loaded values. */
export interface SchemaLogEntry<T> {
  /** The changed properties of an update. */
  readonly changed: readonly string[];
  /**
   * Values before the change, as far as they are known: of the key fields, of fields that indexes use, and of those
   * that an update changed or a delete took away; null for an insert.
   */
  readonly old: Readonly<Record<string, unknown>> | null;
  /** After the change: all fields when there is a record, else those of the key and of indexes; null for a delete. */
  readonly new: Readonly<Record<string, unknown>> | null;
  /** The record after the change, when the log holds it; else read it by its key. */
  readonly record: T | null;
}

/** Translates a log entry for a schema; fields that the schema does not have are left out. */
export function entryOfSchema<T extends object>(
  info: SchemaInfo,
  tenant: Tenant,
  entry: LogEntry,
): SchemaLogEntry<T> {
  const layout = layoutOf(info);
  const names = new Map(layout.body.map((field) => [String(field.key), field]));
  const values = (stored: Readonly<Record<string, StoredValue>> | null) =>
    stored === null ? null : loadValues(info, names, stored, entry.pk);
  const record = entry.image === null ? null : rowOf<T>(layout, tenant, entry.image, entry.pk, false).record;
  return {
    changed: entry.changed.flatMap((key) => names.get(key)?.name ?? []),
    old: values(entry.old),
    new: record === null ? values(entry.new) : (record as Readonly<Record<string, unknown>>),
    record,
  };
}

function loadValues(
  info: SchemaInfo,
  names: ReadonlyMap<string, BodyField>,
  stored: Readonly<Record<string, StoredValue>>,
  pk: readonly TupleItem[],
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  layoutOf(info).keyFields.forEach((field, i) => {
    if (field.fromKey) values[field.name] = field.info.type.fromKey?.(pk[i] as TupleItem);
  });
  for (const key of Object.keys(stored)) {
    const field = names.get(key);
    if (field === undefined) continue;
    const value = stored[key] ?? null;
    values[field.name] = value === null ? null : field.info.type.load(value);
  }
  return values;
}
