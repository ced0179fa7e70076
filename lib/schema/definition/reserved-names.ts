/** Names that no field may have, because they mean something to every JavaScript object. */

/** Property names that no field may have: they would change how every JavaScript object behaves. */
const reserved: ReadonlySet<string> = new Set([
  ...Object.getOwnPropertyNames(Object.prototype),
  "prototype",
  // A record with a method or field `then` is taken for a promise by every `await`.
  "then",
  "toJSON",
]);

export function isReservedName(name: string): boolean {
  return reserved.has(name);
}
