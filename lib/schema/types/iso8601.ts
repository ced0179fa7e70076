/** Parses days, times of day and instants written in ISO 8601. */

const day = /^(\d{4})-(\d{2})-(\d{2})$/;
const clock = /^(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6})\d*)?)?$/;
const instant =
  /^([+-]\d{6}|\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?([Zz]|[+-]\d{2}:?\d{2})?$/;
/** No ISO 8601 text is longer; more is not looked at. */
const MAX_LENGTH = 48;

/** "YYYY-MM-DD" of a calendar day, or of a date and time in ISO 8601 (its day as written); null when it is none. */
export function parseDate(text: string): string | null {
  if (text.length > MAX_LENGTH) return null;
  if (text.length > 10) return parseDateTime(text) === null ? null : parseDate(text.slice(0, 10));
  const match = day.exec(text);
  if (match === null) return null;
  return isDay(Number(match[1]), Number(match[2]), Number(match[3])) ? text : null;
}

/** "HH:MM:SS[.f]" without zeros at the end of the fraction; null when it is no time of day. */
export function parseTime(text: string): string | null {
  const match = text.length > MAX_LENGTH ? null : clock.exec(text);
  if (match === null) return null;
  const [, hours, minutes, seconds = "00", fraction = ""] = match;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return null;
  const significant = fraction.replace(/0+$/, "");
  return `${hours}:${minutes}:${seconds}${significant === "" ? "" : `.${significant}`}`;
}

/** Milliseconds since 1970 of a date and time in ISO 8601; without an offset it is UTC. null when it is none. */
export function parseDateTime(text: string): number | null {
  const match = text.length > MAX_LENGTH ? null : instant.exec(text);
  if (match === null) return null;
  const [, year, month, date, hours, minutes, seconds = "0", fraction = "", offset = "Z"] = match;
  if (!isDay(Number(year), Number(month), Number(date))) return null;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return null;
  const at = new Date(0);
  at.setUTCFullYear(Number(year), Number(month) - 1, Number(date));
  at.setUTCHours(
    Number(hours),
    Number(minutes),
    Number(seconds),
    Number(fraction.padEnd(3, "0").slice(0, 3)),
  );
  const milliseconds = at.getTime() - offsetMilliseconds(offset);
  return Number.isNaN(milliseconds) ? null : milliseconds;
}

function isDay(year: number, month: number, date: number): boolean {
  if (month < 1 || month > 12 || date < 1) return false;
  const days = month === 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
  return date <= days;
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** NaN for what is no offset: "+25:00", "+01:60". */
function offsetMilliseconds(offset: string): number {
  if (/^[Zz]$/.test(offset)) return 0;
  const hours = Number(offset.slice(1, 3));
  const rest = Number(offset.slice(-2));
  if (hours > 23 || rest > 59) return Number.NaN;
  const minutes = hours * 60 + rest;
  return (offset.startsWith("-") ? -minutes : minutes) * 60_000;
}
