/** Recognises dates and bytes by what they are, not by their class: those of another realm (node:vm, Jest) are ones too. */

import { types } from "node:util";

export const isDate = (value: unknown): value is Date => types.isDate(value);

export const isBytes = (value: unknown): value is Uint8Array => types.isUint8Array(value);

export const isArrayBuffer = (value: unknown): value is ArrayBuffer => types.isArrayBuffer(value);

/** Bytes of this realm, which are the same object when they were so already. */
export const ownBytes = (value: Uint8Array): Uint8Array =>
  value instanceof Uint8Array ? value : new Uint8Array(value);

/** Takes literals of another realm (node:repl, node:vm) as well: their `Object.prototype` is another, but a root too. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
