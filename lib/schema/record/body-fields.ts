/** Lists the fields that the body of a stored record holds, in their order; those that its key tells are not among them. */

import type { FieldInfo, SchemaInfo } from "../definition/index.js";

/** Whether a key tells the value of a field that stands in it; otherwise the body holds the value as well. */
export const isToldByKey = ({ type }: FieldInfo): boolean =>
  type.fromKey !== undefined && type.lossyKey !== true;

export function bodyFields(info: SchemaInfo): readonly FieldInfo[] {
  const inKey = new Set(info.keyFields);
  return info.fields.filter((field) => !inKey.has(field) || !isToldByKey(field));
}
