/** What the name of a field in a query stands for: a field, a path into an embed, or the items of a list. */

import { embedPath, type FieldInfo, type SchemaInfo } from "../../schema/index.js";

const ITEMS = "[]";

/** The name by which conditions on the items of a list are known. */
export const itemsOf = (field: string): string => `${field}${ITEMS}`;

/** Whether a condition concerns the items of a list; a field of a schema has no such name. */
export const isItems = (info: SchemaInfo | undefined, name: string): boolean =>
  info !== undefined && name.endsWith(ITEMS) && !info.hasField(name);

const derived = new WeakMap<SchemaInfo, Map<string, FieldInfo | undefined>>();

function derive(info: SchemaInfo, name: string): FieldInfo | undefined {
  if (name.endsWith(ITEMS)) {
    const list = name.slice(0, -ITEMS.length);
    const field = info.hasField(list) ? info.field(list) : undefined;
    const element = field?.type.element;
    return field === undefined || element === undefined ? undefined : { ...field, name, type: element };
  }
  const found = embedPath(info, name);
  return found && { ...found.leaf, name, virtual: found.root.virtual };
}

/** The field of a schema, or what stands for one: its type is that of the path's end, or of the items. @throws UnknownFieldError */
export function fieldOf(info: SchemaInfo, name: string): FieldInfo {
  if (typeof name !== "string" || info.hasField(name)) return info.field(name);
  let known = derived.get(info);
  if (known === undefined) {
    known = new Map();
    derived.set(info, known);
  }
  if (!known.has(name)) known.set(name, derive(info, name));
  return known.get(name) ?? info.field(name);
}

/** The field of the record that a name concerns. */
export function rootOf(info: SchemaInfo | undefined, name: string): string {
  if (info === undefined || info.hasField(name)) return name;
  if (name.endsWith(ITEMS)) return name.slice(0, -ITEMS.length);
  return name.split(".", 1)[0] as string;
}

const own = (row: object, field: string): unknown =>
  Object.hasOwn(row, field) ? ((row as Record<string, unknown>)[field] ?? null) : null;

/** The value that a row has for a name; for the items of a list, the list. */
export function valueAt(info: SchemaInfo | undefined, row: object, name: string): unknown {
  if (info === undefined || info.hasField(name)) return own(row, name);
  if (name.endsWith(ITEMS)) return own(row, name.slice(0, -ITEMS.length));
  let value: unknown = row;
  for (const step of name.split(".")) {
    // What stands here is a record of the embed, or a plain object where the class is not known.
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
    value = own(value, step);
  }
  return value;
}
