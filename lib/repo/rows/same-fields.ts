/** Compares the fields of a rule with those of an index, in whatever order. */

export const sameFields = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((field) => b.includes(field));
