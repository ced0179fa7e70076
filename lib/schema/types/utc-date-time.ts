/** A moment to the microsecond: a `Date` that knows what lies below its millisecond. */

import { InvalidValueError } from "../../errors.js";
import { parseDateTime } from "./iso8601.js";
import { isDate } from "./realms.js";
import { showValue } from "./show-value.js";

/** Microseconds below the millisecond that text in ISO 8601 tells. */
function belowMillisecond(text: string): number {
  const decimals = /[.,](\d+)/.exec(text)?.[1] ?? "";
  return Number(decimals.padEnd(6, "0").slice(3, 6));
}

const THOUSAND = 1000n;

function parts(microseconds: bigint): readonly [milliseconds: number, below: number] {
  const below = ((microseconds % THOUSAND) + THOUSAND) % THOUSAND;
  return [Number((microseconds - below) / THOUSAND), Number(below)];
}

/**
 * What `utc_datetime_usec` gives for a value that has microseconds. It is a `Date`, so that all that works with one does; as
 * text it has six decimals, and `epochMicroseconds` is exact. Copies by `new Date(value)` have milliseconds only.
 *
 * @example UtcDateTime.from("2026-01-31T10:00:00.123456Z").epochMicroseconds // 1769853600123456n
 */
export class UtcDateTime extends Date {
  /** Microseconds since 1970, exact. */
  readonly epochMicroseconds: bigint;

  /** @throws InvalidValueError for a moment beyond the years of a `Date` */
  constructor(microseconds: bigint) {
    super(parts(microseconds)[0]);
    if (Number.isNaN(this.getTime())) {
      throw new InvalidValueError(`${microseconds} microseconds since 1970 lie beyond the years of a Date.`);
    }
    this.epochMicroseconds = microseconds;
    // Equal to a Date of the same millisecond for whoever compares properties: those of the prototype are no own ones.
    Object.defineProperty(this, "epochMicroseconds", {
      enumerable: false,
      writable: false,
      configurable: false,
    });
  }

  /**
   * From text in ISO 8601 with up to six decimals, a `Date`, or microseconds since 1970.
   *
   * @throws InvalidValueError for anything else
   */
  static from(value: string | Date | bigint): UtcDateTime {
    const microseconds = typeof value === "bigint" ? value : microsecondsOf(value);
    if (microseconds !== undefined) return new UtcDateTime(microseconds);
    throw new InvalidValueError(
      `UtcDateTime.from takes text in ISO 8601, a Date or microseconds since 1970 as a bigint, not ${showValue(value)}.`,
    );
  }

  /** The microseconds below the millisecond, 0 to 999. */
  get microsecond(): number {
    return parts(this.epochMicroseconds)[1];
  }

  override toISOString(): string {
    const text = super.toISOString();
    return this.microsecond === 0
      ? text
      : `${text.slice(0, -1)}${String(this.microsecond).padStart(3, "0")}Z`;
  }

  override toJSON(): string {
    return this.toISOString();
  }
}

/** Whether milliseconds tell all of it. */
export const isPlainDate = (date: Date): boolean =>
  (date as Partial<UtcDateTime>).epochMicroseconds === undefined;

/** Microseconds since 1970 of a `Date`, a `UtcDateTime` or text; undefined for what names no moment. */
export function microsecondsOf(value: unknown): bigint | undefined {
  if (isDate(value)) {
    const { epochMicroseconds } = value as Partial<UtcDateTime>;
    const milliseconds = value.getTime();
    if (Number.isNaN(milliseconds)) return undefined;
    const whole = BigInt(milliseconds) * THOUSAND;
    // A setter of Date has moved it: what lay below the millisecond is no part of it any more.
    if (typeof epochMicroseconds !== "bigint" || parts(epochMicroseconds)[0] !== milliseconds) return whole;
    return epochMicroseconds;
  }
  const milliseconds = typeof value === "string" ? parseDateTime(value) : null;
  return milliseconds === null
    ? undefined
    : BigInt(milliseconds) * THOUSAND + BigInt(belowMillisecond(value as string));
}

/** A `Date` where milliseconds tell all, else a `UtcDateTime`. */
export function momentOf(microseconds: bigint): Date {
  const [milliseconds, below] = parts(microseconds);
  return below === 0 ? new Date(milliseconds) : new UtcDateTime(microseconds);
}

/** The same moment, as an object of its own. */
export const copyOfMoment = (value: Date): Date => {
  const microseconds = isPlainDate(value) ? undefined : microsecondsOf(value);
  return microseconds === undefined ? new Date(value.getTime()) : momentOf(microseconds);
};
