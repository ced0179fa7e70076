import type { SchemaInfo } from "../../schema/index.js";
import type { ChangedFields } from "./entry.js";

type Row = Readonly<Record<string, unknown>>;

function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((v, i) => same(v, b[i]));
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((k) => k in b && same((a as Row)[k], (b as Row)[k]))
  );
}

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
          : (type.equal?.(a, b) ?? same(a, b));
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
  if (single) return (before, after) => (same(before, after) ? [] : selected);
  const rows = changedFieldsOf(info);
  return (before, after) => {
    const changed = rows(before, after);
    return selected === undefined ? changed : changed?.filter((field) => selected.includes(field));
  };
}

/** Whether two values of the same field or query are the same for a reader. */
export const sameValue = same;
