/** The types of time: `date`, `time`, `utc_datetime` and `utc_datetime_usec`. */

import type { TupleItem } from "../../tuple/index.js";
import type { CastResult, FieldType, StoredValue } from "./field-type.js";
import { parseDate, parseTime } from "./iso8601.js";
import { converted, invalid, ok, refuse } from "./outcome.js";
import { isDate } from "./realms.js";
import { isPlainDate, microsecondsOf, momentOf } from "./utc-date-time.js";

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function toDateText(value: unknown): string {
  const day = typeof value === "string" && value.length === 10 ? parseDate(value) : null;
  return day ?? refuse('a day as text such as "2026-01-31"', value);
}

function castDate(value: unknown): CastResult<string> {
  if (isDate(value)) {
    const day = Number.isNaN(value.getTime()) ? null : parseDate(value.toISOString().slice(0, 10));
    return day === null ? invalid() : ok(day);
  }
  const day = typeof value === "string" ? parseDate(value) : null;
  return day === null ? invalid() : ok(day);
}

/** `date`: a calendar day as text, "YYYY-MM-DD", without time zone. Input may be a `Date`: its day in UTC. */
export const date: FieldType<string> = Object.freeze({
  name: "date",
  cast: castDate,
  dump: toDateText,
  load: (stored: StoredValue) => converted(castDate, "a day", stored),
  compare: compareText,
  toKey: toDateText,
  fromKey: (item: TupleItem) => converted(castDate, "a day", item),
});

function toTimeText(value: unknown): string {
  const time = typeof value === "string" ? parseTime(value) : null;
  return time ?? refuse('a time of day as text such as "13:45:00" or "13:45:00.25"', value);
}

function castTime(value: unknown): CastResult<string> {
  const parsed = typeof value === "string" ? parseTime(value) : null;
  return parsed === null ? invalid() : ok(parsed);
}

/** `time`: a time of day as text, "HH:MM:SS" or "HH:MM:SS.f" with up to six decimals (no zeros at the end). */
export const time: FieldType<string> = Object.freeze({
  name: "time",
  cast: castTime,
  dump: toTimeText,
  load: (stored: StoredValue) => converted(castTime, "a time of day", stored),
  equal: (a: string, b: string) => toTimeText(a) === toTimeText(b),
  compare: (a: string, b: string) => compareText(toTimeText(a), toTimeText(b)),
  toKey: toTimeText,
  fromKey: (item: TupleItem) => converted(castTime, "a time of day", item),
});

/** Microseconds since 1970, exact: a bigint where a number is not. */
function toMicroseconds(value: unknown): number | bigint {
  if (!isDate(value)) return refuse("a Date", value);
  if (isPlainDate(value)) {
    const whole = value.getTime() * 1000;
    if (Number.isSafeInteger(whole)) return whole;
  }
  const microseconds = microsecondsOf(value);
  if (microseconds === undefined) return refuse("a valid Date", value);
  const number = Number(microseconds);
  return Number.isSafeInteger(number) ? number : microseconds;
}

function fromMicroseconds(stored: unknown): Date {
  if (typeof stored !== "bigint" && typeof stored !== "number")
    return refuse("microseconds since 1970 (stored)", stored);
  // Nearly all of them: without a bigint, which costs more than the rest.
  if (typeof stored === "number" && stored % 1000 === 0) {
    const date = new Date(stored / 1000);
    if (!Number.isNaN(date.getTime())) return date;
  }
  const at = momentOf(typeof stored === "bigint" ? stored : BigInt(Math.floor(stored)));
  return Number.isNaN(at.getTime()) ? refuse("a time within the years of a Date (stored)", stored) : at;
}

const MICROSECONDS_OF_SECOND = 1_000_000n;

function compareMoments(a: Date, b: Date): number {
  const difference = a.getTime() - b.getTime();
  if (difference !== 0 || (isPlainDate(a) && isPlainDate(b))) return difference;
  return Number((microsecondsOf(a) ?? 0n) - (microsecondsOf(b) ?? 0n));
}

function dateTime(name: "utc_datetime" | "utc_datetime_usec", unit: bigint): FieldType<Date> {
  return Object.freeze({
    name,
    cast(value: unknown): CastResult<Date> {
      const microseconds = microsecondsOf(value);
      if (microseconds === undefined) return invalid();
      const over = ((microseconds % unit) + unit) % unit;
      return ok(momentOf(microseconds - over));
    },
    dump: toMicroseconds,
    load: (stored: StoredValue) => fromMicroseconds(stored),
    equal: (a: Date, b: Date) => compareMoments(a, b) === 0,
    compare: compareMoments,
    toKey: (value: Date) => toMicroseconds(value),
    fromKey: (item: TupleItem) => fromMicroseconds(item),
  });
}

/** `utc_datetime`: a `Date`; input is cut to whole seconds, a `Date` set by the program is kept as it is. */
export const utcDatetime = dateTime("utc_datetime", MICROSECONDS_OF_SECOND);
/** `utc_datetime_usec`: a `Date`; one that has microseconds below its millisecond is a `UtcDateTime`, which is a `Date` too. */
export const utcDatetimeUsec = dateTime("utc_datetime_usec", 1n);
