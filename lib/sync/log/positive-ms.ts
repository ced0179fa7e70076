/** Checks options that say for how many milliseconds something waits. */

/** The longest time that a timer of Node takes; a longer one would fire at once, again and again. */
export const longestTimer = 2 ** 31 - 1;

/** @throws RangeError for an option that is no positive number of milliseconds, or one above `most` */
export function positiveMs(name: string, value: number, most = longestTimer): number {
  if (typeof value === "number" && value > 0 && value <= most) return value;
  const limit = most === Number.POSITIVE_INFINITY ? "" : ` of at most ${most}`;
  throw new RangeError(`${name} is a positive number of milliseconds${limit}, not ${String(value)}.`);
}
