/** Values by which input says "nothing", such as blank strings. */

/** A value that input uses for "nothing", or a test for one. */
export type EmptyValue = string | number | boolean | null | ((value: unknown) => boolean);

/** A string of white space only. */
export const DEFAULT_EMPTY_VALUES: readonly EmptyValue[] = Object.freeze([
  (value: unknown) => typeof value === "string" && isBlank(value),
]);

/** Looks at no more of a long string than its first other character. */
export function isBlank(text: string): boolean {
  return !/\S/.test(text);
}
