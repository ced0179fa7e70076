/** Lets records with bigints be written as JSON, which has no form for them: they become text, which `cast` reads back. */

import type { SchemaInfo } from "../definition/index.js";

const hasBigint = (info: SchemaInfo): boolean =>
  info.allFields.some(({ type }) => /^(array\()*bigint\)*$/.test(type.name));

const jsonOf = (value: unknown): unknown => {
  if (typeof value === "bigint") return value.toString();
  return Array.isArray(value) ? value.map(jsonOf) : value;
};

/** The `toJSON` of such a class. */
function textBigints(this: object): object {
  return Object.fromEntries(Object.entries(this).map(([name, value]) => [name, jsonOf(value)]));
}

/** Whether a record is written as JSON in this form, in which a bigint can no longer be told from text. */
export const hasTextBigints = (value: unknown): value is object =>
  typeof value === "object" && value !== null && (value as { toJSON?: unknown }).toJSON === textBigints;

/** Adds `toJSON` to a class with such fields that has none of its own; nothing enumerable is added to it. */
export function jsonBigints(info: SchemaInfo): void {
  const prototype = info.schema.prototype as object;
  if (!hasBigint(info) || "toJSON" in prototype) return;
  Object.defineProperty(prototype, "toJSON", {
    value: textBigints,
    enumerable: false,
    configurable: true,
    writable: true,
  });
}
