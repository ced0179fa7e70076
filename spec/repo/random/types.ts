import fc from "fast-check";
import { enumOf, type FieldType, Versionstamp } from "../../../lib/index.js";
import { money } from "../everything.js";

/** A type of fields: how it is declared, what its values are, and what they mean, written without the code under test. */
export interface RandomType {
  readonly name: string;
  readonly spec: string | object;
  /** Few values, so that they meet; none is null. */
  readonly values: readonly unknown[];
  /** Order of two values that are not null. */
  compare(a: never, b: never): number;
  /** Prefixes to look for; none for what is no text. */
  readonly prefixes: readonly unknown[];
  startsWith?(value: never, prefix: never): boolean;
  readonly ordered: boolean;
}

const byBytes = (a: string | Uint8Array, b: string | Uint8Array) =>
  Buffer.compare(Buffer.from(a as string), Buffer.from(b as string));
const byNumber = (a: number | bigint, b: number | bigint) => (a < b ? -1 : a > b ? 1 : 0);
const byTime = (a: Date, b: Date) => a.getTime() - b.getTime();
const startsWith = (value: string | Uint8Array, prefix: string | Uint8Array) =>
  Buffer.from(value as string)
    .subarray(0, Buffer.from(prefix as string).length)
    .equals(Buffer.from(prefix as string));
/** Thousandths, which is as fine as the decimals here are. */
const byThousandths = (a: string, b: string) => Math.round(Number(a) * 1000) - Math.round(Number(b) * 1000);

const text = { compare: byBytes, startsWith, ordered: true } as const;
const plain = { prefixes: [] as const, ordered: true } as const;

const texts = ["", "a", "a\0", "a\0b", "ab", "b", "\u00ff", "\uffff", "\u{10000}"];
const numbers = [-(2 ** 53) + 1, -3, 0, 1, 2, 3, 2 ** 40];
const instants = [-62_198_755_200_000, -1, 0, 1_709_208_000_001, 253_402_300_800_000];

export const types: readonly RandomType[] = [
  { ...text, name: "string", spec: "string", values: texts, prefixes: ["", "a", "a\0"] },
  { ...text, name: "binary_id", spec: "binary_id", values: texts.slice(0, 5), prefixes: ["a"] },
  {
    ...text,
    name: "binary",
    spec: "binary",
    values: [[], [0], [0, 255], [1], [255], [255, 0]].map((bytes) => Uint8Array.from(bytes)),
    prefixes: [new Uint8Array(0), Uint8Array.of(0), Uint8Array.of(255)],
  },
  { ...plain, name: "id", spec: "id", values: numbers, compare: byNumber },
  { ...plain, name: "integer", spec: "integer", values: numbers, compare: byNumber },
  {
    ...plain,
    name: "float",
    spec: "float",
    values: [-1e300, -1.5, -Number.MIN_VALUE, 0, 0.5, 2],
    compare: byNumber,
  },
  {
    ...plain,
    name: "bigint",
    spec: "bigint",
    values: [-(2n ** 70n), -1n, 0n, 5n, 2n ** 64n, 2n ** 200n],
    compare: byNumber,
  },
  {
    ...plain,
    name: "boolean",
    spec: "boolean",
    values: [false, true],
    compare: (a: boolean, b: boolean) => Number(a) - Number(b),
  },
  {
    ...plain,
    name: "uuid",
    spec: "uuid",
    values: ["00", "7f", "80", "ff"].map((byte) => `${byte}90a0b0-0000-7000-8000-0000000000${byte}`),
    compare: byBytes,
  },
  {
    ...plain,
    name: "date",
    spec: "date",
    values: ["0000-01-01", "1969-12-31", "2024-02-29", "9999-12-31"],
    compare: byBytes,
  },
  {
    ...plain,
    name: "time",
    spec: "time",
    values: ["00:00:00", "12:00:00", "12:00:00.5", "23:59:59.999999"],
    compare: byBytes,
  },
  {
    ...plain,
    name: "utc_datetime",
    spec: "utc_datetime",
    values: instants.map((at) => new Date(at)),
    compare: byTime,
  },
  {
    ...plain,
    name: "utc_datetime_usec",
    spec: "utc_datetime_usec",
    values: instants.map((at) => new Date(at)),
    compare: byTime,
  },
  {
    ...plain,
    name: "decimal",
    spec: "decimal",
    values: ["-10", "-9.5", "0", "0.00", "1", "1.00", "1.001", "10"],
    compare: byThousandths,
  },
  {
    ...plain,
    name: "versionstamp",
    spec: "versionstamp",
    values: [0n, 5n, 2n ** 95n].map((value) => Versionstamp.fromBigInt(value)),
    compare: (a: Versionstamp, b: Versionstamp) => byNumber(a.toBigInt(), b.toBigInt()),
  },
  {
    ...plain,
    name: "enum",
    spec: enumOf("zeta", "alpha", "mid"),
    values: ["zeta", "alpha", "mid"],
    compare: byBytes,
  },
  {
    ...plain,
    name: "array",
    spec: { array: "integer" },
    values: [[], [0], [0, -1], [0, 1], [1], [-5, 7]],
    compare(a: number[], b: number[]) {
      const at = a.findIndex((item, i) => item !== b[i]);
      return at === -1 ? a.length - b.length : at >= b.length ? 1 : a[at]! - b[at]!;
    },
  },
  {
    ...plain,
    name: "money",
    spec: money as FieldType,
    values: [-1, 0, 250].map((cents) => ({ cents })),
    compare: (a: { cents: number }, b: { cents: number }) => a.cents - b.cents,
  },
  {
    name: "json",
    spec: "json",
    values: [0, "a", [], { a: [null] }, { b: 1 }],
    compare: (a: unknown, b: unknown) => (JSON.stringify(a) === JSON.stringify(b) ? 0 : 1),
    prefixes: [],
    ordered: false,
  },
];

export const typeNamed = (name: string): RandomType => types.find((type) => type.name === name)!;

/** The order of two values of a field; null comes first. */
export function compareOf(type: RandomType, a: unknown, b: unknown): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  return type.compare(a as never, b as never);
}

export const presentValue = (type: RandomType): fc.Arbitrary<unknown> => fc.constantFrom(...type.values);
export const anyValue = (type: RandomType): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 4, arbitrary: presentValue(type) }, { weight: 1, arbitrary: fc.constant(null) });
