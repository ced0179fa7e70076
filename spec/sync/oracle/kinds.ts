import { Versionstamp } from "../../../lib/index.js";
import { enumOf, type TypeSpec } from "../../../lib/schema/index.js";
import type { Random } from "../runs.js";

/** A type of fields as the naive model knows it: a few values, and their order written down a second time. */
export interface Kind {
  readonly name: string;
  readonly type: TypeSpec;
  readonly values: readonly unknown[];
  compare(a: never, b: never): number;
  /** Beginnings to look for, where values have any. */
  readonly prefixes?: readonly unknown[];
  startsWith?(value: never, prefix: never): boolean;
}

type Compare<T> = (a: T, b: T) => number;

const numbers: Compare<number | bigint> = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const bytes: Compare<Uint8Array> = (a, b) => Buffer.compare(a, b);
// UTF-8 sorts by code point, which is not how strings compare.
const texts: Compare<string> = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const dates: Compare<Date> = (a, b) => a.getTime() - b.getTime();
const lists: Compare<readonly number[]> = (a, b) => {
  const at = a.findIndex((item, i) => item !== b[i]);
  if (at < 0 || at >= b.length) return a.length - b.length;
  return a[at]! - b[at]!;
};

const beginsWith = (value: string, prefix: string): boolean => value.startsWith(prefix);
const beginsWithBytes = (value: Uint8Array, prefix: Uint8Array): boolean =>
  Buffer.compare(value.subarray(0, prefix.length), prefix) === 0;
const stamps: Compare<Versionstamp> = (a, b) => texts(a.toString(), b.toString());

const strings = ["", "a", "a\0", "ab", "b", "ÿ", "\u{10000}", "\uffff"];
const byteStrings = [[], [0], [0, 255], [1], [255], [255, 0]].map((list) => Buffer.from(list));
const uuids = ["00", "7f", "80", "ff"].map((byte) => `${byte}3f5a7e-0000-4000-8000-0000000000${byte}`);
const instants = [-1, 0, 1, 1_709_208_000_001, 253_370_764_800_000].map((ms) => new Date(ms));

export const stamp = (n: number): Versionstamp => Versionstamp.fromBytes(Buffer.alloc(10, n), n);

/** Every type of fields that has an order. */
export const kinds: readonly Kind[] = [
  {
    name: "string",
    type: "string",
    values: strings,
    compare: texts,
    prefixes: ["", "a", "\u{10000}"],
    startsWith: beginsWith,
  },
  {
    name: "binary_id",
    type: "binary_id",
    values: strings,
    compare: texts,
    prefixes: ["a"],
    startsWith: beginsWith,
  },
  {
    name: "binary",
    type: "binary",
    values: byteStrings,
    compare: bytes,
    prefixes: [Buffer.from([0]), Buffer.from([255])],
    startsWith: beginsWithBytes,
  },
  { name: "integer", type: "integer", values: [-(2 ** 40), -1, 0, 1, 2, 255, 256], compare: numbers },
  { name: "id", type: "id", values: [1, 2, 3, 300], compare: numbers },
  { name: "float", type: "float", values: [-1e300, -0.5, 0, 0.25, 2, 1e300], compare: numbers },
  {
    name: "bigint",
    type: "bigint",
    values: [-(2n ** 70n), -1n, 0n, 1n, 2n ** 53n, 2n ** 70n],
    compare: numbers,
  },
  { name: "boolean", type: "boolean", values: [false, true], compare: (a, b) => Number(a) - Number(b) },
  { name: "uuid", type: "uuid", values: uuids, compare: texts },
  { name: "date", type: "date", values: ["0001-01-01", "1969-12-31", "2024-02-29"], compare: texts },
  { name: "time", type: "time", values: ["00:00:00", "12:30:00", "12:30:00.5"], compare: texts },
  { name: "utc_datetime", type: "utc_datetime", values: instants, compare: dates },
  { name: "utc_datetime_usec", type: "utc_datetime_usec", values: instants, compare: dates },
  {
    name: "decimal",
    type: "decimal",
    values: ["-2.50", "0", "1", "1.0", "1.00", "12345678901234567890"],
    compare: (a, b) => Number(a) - Number(b),
  },
  { name: "enum", type: enumOf("red", "blue", "green"), values: ["red", "blue", "green"], compare: texts },
  { name: "list", type: { array: "integer" }, values: [[], [0], [0, 1], [1], [-1, 5]], compare: lists },
  { name: "versionstamp", type: "versionstamp", values: [1, 2, 3].map(stamp), compare: stamps },
];

const kindNamed = (name: string): Kind => kinds.find((kind) => kind.name === name)!;

const numbered = <T>(make: (n: number) => T): readonly T[] => Array.from({ length: 14 }, (_, n) => make(n));

/** Types of primary keys, with the keys that a history uses; the commit itself makes those of `versionstamp`. */
export const keyKinds: readonly Kind[] = [
  { ...kindNamed("string"), values: numbered((n) => `${n % 3 === 0 ? "a\0" : "k"}${n}`) },
  { ...kindNamed("binary_id"), values: numbered((n) => `b${n}`) },
  { ...kindNamed("integer"), values: numbered((n) => (n - 5) * 100) },
  { ...kindNamed("id"), values: numbered((n) => n + 1) },
  { ...kindNamed("bigint"), values: numbered((n) => BigInt(n - 7) * 2n ** 60n) },
  {
    ...kindNamed("uuid"),
    values: numbered((n) => `0189${n.toString(16).padStart(4, "0")}-0000-7000-8000-000000000000`),
  },
  { ...kindNamed("binary"), values: numbered((n) => Buffer.from([n % 4 === 0 ? 0 : 255, n])) },
  { ...kindNamed("date"), values: numbered((n) => `20${String(n + 10)}-01-31`) },
  { ...kindNamed("utc_datetime_usec"), values: numbered((n) => new Date((n - 4) * 1_000)) },
  { ...kindNamed("versionstamp"), values: [] },
];

/** Order of two values of one kind; null first. */
export function compareValues(kind: Kind, a: unknown, b: unknown): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  return kind.compare(a as never, b as never);
}

export const pick = <T>(next: Random, items: readonly T[]): T => items[next(items.length)]!;
export const chance = (next: Random, oneIn: number): boolean => next(oneIn) === 0;
/** Some of the items, in their order. */
export const some = <T>(next: Random, items: readonly T[], atMost: number): T[] => {
  const chosen = new Set<number>();
  if (items.length === 0) return [];
  for (let i = next(atMost + 1); i > 0; i--) chosen.add(next(items.length));
  return [...chosen].map((at) => items[at]!);
};
