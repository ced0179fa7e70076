/** The schema of packed values: says, beside the JSON and never inside of it, which parts are more than JSON. */

/**
 * How a part of the JSON is read; a part without a tag is what it is.
 *
 * - `"d"` a `Date` as milliseconds, or as ISO 8601 text where it has microseconds, `"n"` a `bigint` as digits, `"b"` bytes as base64
 * - `"f"` a number, of which JSON has no form for `-0`, `NaN` and the infinities: those are text
 * - `[tag]` a list whose items are all read so
 * - `{ field: tag }` an object, some of whose fields are read so
 * - `"*"` a part that differs from row to row: each is `[json]` or `[json, tag]`
 */
export type Tag = "d" | "n" | "b" | "f" | "*" | readonly [Tag] | { readonly [field: string]: Tag };

/** A value as JSON and its tag, if it has one. */
export interface Packed {
  readonly json: unknown;
  readonly tag: Tag | undefined;
}
