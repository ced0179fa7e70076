/** Tells which fields differ between two rows, or between two values that a query selects of them. */

import type { FieldType, SchemaInfo } from "../../schema/index.js";
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
      if (!isSame(type, before[name], after[name])) changed.push(name);
    }
    return changed;
  };
}

/** What a query shows of each row: some of its fields, under names of their own or not, or one plain value. */
interface Shown {
  readonly fields: readonly string[];
  readonly single: boolean;
  readonly names?: readonly string[];
}

/** The same for what a query selects, by the names that its rows have. */
export function changedValues(info: SchemaInfo, select: Shown | undefined): ChangedFields {
  if (select === undefined) return changedFieldsOf(info);
  const { fields, single, names = fields } = select;
  if (single) return (before, after) => (sameValue(before, after) ? [] : fields);
  const types = fields.map((field) => info.field(field).type);
  return (left, right) => {
    const before = left as Row;
    const after = right as Row;
    return names.filter((name, at) => !isSame(types[at]!, before[name], after[name]));
  };
}

function isSame({ equal }: FieldType, a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a === null || b === null || a === undefined || b === undefined) return (a ?? null) === (b ?? null);
  return equal?.(a, b) ?? sameValue(a, b);
}
