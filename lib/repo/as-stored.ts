import { layoutOf } from "../layer/index.js";
import type { FieldInfo, SchemaInfo } from "../schema/index.js";

/** Types whose values are stored exactly as they are given. */
const exact: ReadonlySet<string> = new Set(["id", "integer", "bigint", "boolean", "string", "binary_id"]);

const inexact = new WeakMap<SchemaInfo, readonly FieldInfo[]>();

function inexactFields(info: SchemaInfo): readonly FieldInfo[] {
  let fields = inexact.get(info);
  if (fields === undefined) {
    fields = info.fields.filter(({ type }) => !exact.has(type.name));
    inexact.set(info, fields);
  }
  return fields;
}

/**
 * Gives a written record the values that a read will give: a number without minus zero, bytes of its own, decimals and
 * json as they are stored. So what a write returns equals what is read, and shares nothing with what was given.
 */
export function asStored(info: SchemaInfo, record: object): void {
  const values = record as Record<string, unknown>;
  const pending = layoutOf(info).isPending(record);
  for (const field of inexactFields(info)) {
    if (pending && field === info.primaryKey) continue;
    const value = values[field.name];
    if (value === null) continue;
    const loaded = field.type.load(field.type.dump(value));
    values[field.name] = loaded instanceof Uint8Array ? new Uint8Array(loaded) : loaded;
  }
}
