/** How records are written as JSON: redacted fields are masked, and bigints become text, which `cast` reads back. */

import type { SchemaInfo } from "../definition/index.js";
import { REDACTED } from "./redaction.js";

const hasBigint = (info: SchemaInfo): boolean =>
  info.allFields.some(({ type }) => /^((array|map)\()*bigint\)*$/.test(type.name));

function jsonOf(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, jsonOf(item)]));
}

/** The functions that are made here. */
const forms = new WeakSet<object>();

function formOf(info: SchemaInfo): (this: object) => object {
  const redacted: ReadonlySet<string> = new Set(info.redactedFields.map(({ name }) => name));
  function toJSON(this: object): object {
    const shown = (name: string, value: unknown) =>
      redacted.has(name) && value !== null && value !== undefined ? REDACTED : jsonOf(value);
    return Object.fromEntries(Object.entries(this).map(([name, value]) => [name, shown(name, value)]));
  }
  forms.add(toJSON);
  return toJSON;
}

/** Whether a record is written as JSON in this form, in which values can no longer be told. */
export function hasTextBigints(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON === "function" && forms.has(toJSON);
}

/** Adds `toJSON` to a class with such fields that has none of its own; nothing enumerable is added to it. */
export function jsonBigints(info: SchemaInfo): void {
  const prototype = info.schema.prototype as { readonly toJSON?: unknown };
  if (!hasBigint(info) && info.redactedFields.length === 0) return;
  const inherited = prototype.toJSON;
  // That of a base class knows only the fields of that.
  if (inherited !== undefined && !(typeof inherited === "function" && forms.has(inherited))) return;
  Object.defineProperty(prototype, "toJSON", {
    value: formOf(info),
    enumerable: false,
    configurable: true,
    writable: true,
  });
}
