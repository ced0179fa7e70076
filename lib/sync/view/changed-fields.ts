/** Tells which fields differ between two rows, or between two values that a query selects of them. */

import type { SchemaInfo } from "../../schema/index.js";
import type { ChangedFields } from "./entry.js";
import { sameValue } from "./same-value.js";

type Row = Readonly<Record<string, unknown>>;

/** Names of the stored fields that differ between two rows of a schema. */
export function changedFieldsOf(info: SchemaInfo): ChangedFields {
  return (left, right) => {
    const before = left as Row;
    const after = right as Row;
    const changed: string[] = [];
    for (const { name, type } of info.fields) {
      const a = before[name];
      const b = after[name];
      if (a === b) continue;
      const equal =
        a === null || b === null || a === undefined || b === undefined
          ? (a ?? null) === (b ?? null)
          : (type.equal?.(a, b) ?? sameValue(a, b));
      if (!equal) changed.push(name);
    }
    return changed;
  };
}

/** The same for what a query selects: rows, some fields, or one plain value. */
export function changedValues(
  info: SchemaInfo,
  selected: readonly string[] | undefined,
  single: boolean,
): ChangedFields {
  if (single) return (before, after) => (sameValue(before, after) ? [] : selected);
  const rows = changedFieldsOf(info);
  return (before, after) => {
    const changed = rows(before, after);
    return selected === undefined ? changed : changed?.filter((field) => selected.includes(field));
  };
}
