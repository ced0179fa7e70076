/** Numbers, sizes and durations as people read them. */

const grouped = new Intl.NumberFormat("en-US");

/** `12,345`. */
export const count = (value: number | bigint): string => grouped.format(value);

/** `1 row`, `2 rows`. */
export function plural(value: number, unit: string): string {
  return `${count(value)} ${value === 1 ? singular(unit) : unit}`;
}

function singular(unit: string): string {
  if (unit.endsWith("ies")) return `${unit.slice(0, -3)}y`;
  if (unit.endsWith("xes")) return unit.slice(0, -2);
  return unit.endsWith("s") ? unit.slice(0, -1) : unit;
}

/** `12 (3 %)`: a part of a whole. */
export const share = (part: number, whole: number): string =>
  whole === 0 ? count(part) : `${count(part)} (${Math.round((part / whole) * 100)} %)`;

/** `850 ms`, `12.4 s`, `3 min 20 s`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1_000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `640 B`, `12.3 kB`, `4.0 MB`. */
export function bytes(value: number): string {
  if (value < 1_000) return `${value} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let size = value / 1_000;
  let at = 0;
  while (size >= 1_000 && at < units.length - 1) {
    size /= 1_000;
    at++;
  }
  return `${size.toFixed(1)} ${units[at]}`;
}
