/** The types of time: `date`, `time`, `utc_datetime` and `utc_datetime_usec`. */

import type { TupleItem } from "../../tuple/index.js";
import type { CastResult, FieldType, StoredValue } from "./field-type.js";
import { parseDate, parseDateTime, parseTime } from "./iso8601.js";
import { invalid, ok, refuse } from "./outcome.js";
import { isDate } from "./realms.js";
import { converted } from "./stored.js";

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
  const milliseconds = value.getTime();
  if (Number.isNaN(milliseconds)) return refuse("a valid Date", value);
  const microseconds = milliseconds * 1000;
  return Number.isSafeInteger(microseconds) ? microseconds : BigInt(milliseconds) * 1000n;
}

function fromMicroseconds(stored: unknown): Date {
  if (typeof stored !== "bigint" && typeof stored !== "number")
    return refuse("microseconds since 1970 (stored)", stored);
  const at = new Date(typeof stored === "bigint" ? Number(stored / 1000n) : Math.floor(stored / 1000));
  return Number.isNaN(at.getTime()) ? refuse("a time within the years of a Date (stored)", stored) : at;
}

function dateTime(name: "utc_datetime" | "utc_datetime_usec", unit: number): FieldType<Date> {
  return Object.freeze({
    name,
    cast(value: unknown): CastResult<Date> {
      const milliseconds = isDate(value)
        ? value.getTime()
        : typeof value === "string"
          ? parseDateTime(value)
          : null;
      if (milliseconds === null || Number.isNaN(milliseconds)) return invalid();
      return ok(new Date(Math.floor(milliseconds / unit) * unit));
    },
    dump: toMicroseconds,
    load: (stored: StoredValue) => fromMicroseconds(stored),
    equal: (a: Date, b: Date) => a.getTime() === b.getTime(),
    compare: (a: Date, b: Date) => a.getTime() - b.getTime(),
    toKey: (value: Date) => toMicroseconds(value),
    fromKey: (item: TupleItem) => fromMicroseconds(item),
  });
}

/** `utc_datetime`: a `Date`; input is cut to whole seconds, a `Date` set by the program is kept as it is. */
export const utcDatetime = dateTime("utc_datetime", 1000);
/** `utc_datetime_usec`: a `Date`. Stored in microseconds, of which JavaScript's `Date` fills the milliseconds. */
export const utcDatetimeUsec = dateTime("utc_datetime_usec", 1);
