/** Tells object literals from instances of classes. */

/** Takes literals of another realm (node:repl, node:vm) as well: their `Object.prototype` is another, but a root too. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
