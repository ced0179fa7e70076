/** Writes a date for a frame: milliseconds, or text where there are microseconds below them. */

/** A date that is none stays none: no date is that far away. */
const NO_DATE = 9e15;

/**
 * Readers that know milliseconds alone read the text as well, to the millisecond.
 *
 * @example dateJson(new Date(5)) // 5
 */
export function dateJson(date: Date): number | string {
  const milliseconds = date.getTime();
  if (Number.isNaN(milliseconds)) return NO_DATE;
  const { epochMicroseconds } = date as { readonly epochMicroseconds?: unknown };
  if (typeof epochMicroseconds !== "bigint") return milliseconds;
  const below = epochMicroseconds - BigInt(milliseconds) * 1000n;
  // A setter of Date has moved it: what lay below the millisecond is no part of it any more.
  return below > 0n && below < 1000n ? date.toISOString() : milliseconds;
}
