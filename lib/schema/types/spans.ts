/** The types `naive_datetime`, a date and time without zone, and `duration`, a length of time in calendar units. */

import type { TupleItem } from "../../tuple/index.js";
import type { CastResult, FieldType, StoredValue } from "./field-type.js";
import { parseDate, parseTime } from "./iso8601.js";
import { converted, invalid, ok, refuse } from "./outcome.js";

/** "YYYY-MM-DDTHH:MM:SS[.f]", or null: also for text with an offset, which names a moment and no local time. */
function parseNaive(value: unknown): string | null {
  if (typeof value !== "string" || value.length > 48) return null;
  const [day = "", clock = "", ...more] = value.split(/[Tt ]/);
  const date = day.length === 10 ? parseDate(day) : null;
  const time = parseTime(clock);
  return date === null || time === null || more.length > 0 ? null : `${date}T${time}`;
}

const castNaive = (value: unknown): CastResult<string> => {
  const text = parseNaive(value);
  return text === null ? invalid() : ok(text);
};

const toNaive = (value: unknown): string =>
  parseNaive(value) ?? refuse('a local date and time as text such as "2026-01-31T13:45:00"', value);

/** `naive_datetime`: a date and time as text, "YYYY-MM-DDTHH:MM:SS" with up to six decimals, in no time zone. */
export const naiveDatetime: FieldType<string> = Object.freeze({
  name: "naive_datetime",
  cast: castNaive,
  dump: toNaive,
  load: (stored: StoredValue) => converted(castNaive, "a local date and time", stored),
  equal: (a: string, b: string) => toNaive(a) === toNaive(b),
  toKey: toNaive,
  fromKey: (item: TupleItem) => converted(castNaive, "a local date and time", item),
});

const parts =
  /^([+-])?P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,](\d{1,6}))?S)?)?$/i;

/** ISO 8601 in its shortest form; null for what is none. */
function parseDuration(value: unknown): string | null {
  const match = typeof value === "string" && value.length <= 100 ? parts.exec(value) : null;
  if (match === null) return null;
  const [, sign, years, months, weeks, days, hours, minutes, seconds, fraction = ""] = match;
  if ([years, months, weeks, days, hours, minutes, seconds].every((part) => part === undefined)) return null;
  const amount = (digits: string | undefined, unit: string) => {
    const number = digits?.replace(/^0+/, "") ?? "";
    return number === "" ? "" : `${number}${unit}`;
  };
  const decimals = fraction.replace(/0+$/, "");
  const second = decimals === "" ? amount(seconds, "S") : `${amount(seconds, "") || "0"}.${decimals}S`;
  const day = amount(years, "Y") + amount(months, "M") + amount(weeks, "W") + amount(days, "D");
  const clock = amount(hours, "H") + amount(minutes, "M") + second;
  if (day === "" && clock === "") return "PT0S";
  return `${sign === "-" ? "-" : ""}P${day}${clock === "" ? "" : `T${clock}`}`;
}

const castDuration = (value: unknown): CastResult<string> => {
  const text = parseDuration(value);
  return text === null ? invalid() : ok(text);
};

const toDuration = (value: unknown): string =>
  parseDuration(value) ?? refuse('a duration as text such as "P1M2DT3H4.5S"', value);

/**
 * `duration`: text in ISO 8601, as `Temporal.Duration` reads and writes it. A month has no fixed number of days, so
 * durations have no order and are no keys.
 */
export const duration: FieldType<string> = Object.freeze({
  name: "duration",
  cast: castDuration,
  dump: toDuration,
  load: (stored: StoredValue) => converted(castDuration, "a duration", stored),
  equal: (a: string, b: string) => toDuration(a) === toDuration(b),
});
