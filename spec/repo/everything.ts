import {
  create,
  EmbeddedSchema,
  EmbedsMany,
  EmbedsOne,
  enumOf,
  Field,
  type FieldType,
  index,
  Migration,
  metadata,
  PrimaryKey,
  Schema,
  Versionstamp,
} from "../../lib/index.js";

/** Whole cents, stored as text; a type of the application. */
export const money: FieldType<{ readonly cents: number }> = {
  name: "money",
  cast: (value) =>
    Number.isSafeInteger(value)
      ? { ok: true, value: { cents: value as number } }
      : { ok: false, message: "is no amount" },
  dump: ({ cents }) => {
    if (!Number.isSafeInteger(cents)) throw new Error(`${cents} cents cannot be paid`);
    return String(cents);
  },
  load: (stored) => ({ cents: Number(stored) }),
  equal: (a, b) => a.cents === b.cents,
  toKey: ({ cents }) => cents,
  fromKey: (item) => ({ cents: Number(item) }),
};

/** A field of every type; the same inside and outside of an embed. */
abstract class EveryType {
  @Field("id") declare number: number | null;
  @Field("integer") declare integer: number | null;
  @Field("float") declare float: number | null;
  @Field("bigint") declare bigint: bigint | null;
  @Field("boolean") declare boolean: boolean | null;
  @Field("string") declare string: string | null;
  @Field("binary") declare binary: Uint8Array | null;
  @Field("binary_id") declare reference: string | null;
  @Field("uuid") declare uuid: string | null;
  @Field("date") declare date: string | null;
  @Field("time") declare time: string | null;
  @Field("utc_datetime") declare seconds: Date | null;
  @Field("utc_datetime_usec") declare at: Date | null;
  @Field("decimal") declare decimal: string | null;
  @Field("json") declare json: unknown;
  @Field("versionstamp") declare stamp: Versionstamp | null;
  @Field(enumOf("low", "high")) declare level: "low" | "high" | null;
  @Field({ array: "integer" }) declare list: number[] | null;
  @Field({ array: { array: "utc_datetime" } }) declare lists: Date[][] | null;
  @Field(money) declare price: { readonly cents: number } | null;
}

@EmbeddedSchema()
export class Part extends EveryType {}

@Schema("everything")
export class Everything extends EveryType {
  @PrimaryKey("string") declare id: string;
  @EmbedsOne(() => Part, { onReplace: "delete" }) declare part: Part | null;
  @EmbedsMany(() => Part, { onReplace: "delete" }) declare parts: Part[];
}

export type TypedField = Exclude<keyof EveryType, "json"> & string;

/** Fields that an index can have. */
export const indexed = [
  "number",
  "integer",
  "float",
  "bigint",
  "boolean",
  "string",
  "binary",
  "reference",
  "uuid",
  "date",
  "time",
  "seconds",
  "at",
  "decimal",
  "stamp",
  "level",
  "list",
  "lists",
  "price",
] as const satisfies readonly TypedField[];

export class Indexes extends Migration {
  change() {
    return [create(metadata(Everything)), ...indexed.map((field) => create(index(Everything, [field])))];
  }
}

const cycle: { self?: unknown } = {};
cycle.self = cycle;
const deep = () => {
  let value: unknown = 1;
  for (let i = 0; i < 300; i++) value = [value];
  return value;
};

/** Values that a field cannot hold. */
export const refused: readonly (readonly [keyof EveryType, string, unknown])[] = [
  ["number", "a text", "1"],
  ["number", "past 2^53", 2 ** 53],
  ["integer", "NaN", Number.NaN],
  ["integer", "a fraction", 0.5],
  ["integer", "past 2^53", -(2 ** 53) - 2],
  ["integer", "a bigint", 1n],
  ["integer", "an object with a number in it", { valueOf: () => 1 }],
  ["float", "NaN", Number.NaN],
  ["float", "infinity", Number.NEGATIVE_INFINITY],
  ["float", "a text", "1.5"],
  ["bigint", "a number", 1],
  ["bigint", "beyond 255 bytes in an index", 2n ** 2041n],
  ["boolean", "a text", "true"],
  ["boolean", "a number", 1],
  ["string", "a number", 5],
  ["string", "half a surrogate pair", "\ud800x"],
  ["string", "a boxed text", new String("x")],
  ["string", "too long for its index", "x".repeat(20_000)],
  ["binary", "a text", "x"],
  ["binary", "an ArrayBuffer", new ArrayBuffer(1)],
  ["reference", "the other half of a pair", "x\udfff"],
  ["uuid", "no uuid", "0190a0b0-0000-7000-8000-0000000000g"],
  ["date", "a Date", new Date(0)],
  ["date", "no day", "2023-02-29"],
  ["date", "with a time", "2024-01-01T00:00:00Z"],
  ["time", "no time of day", "24:00:00"],
  ["seconds", "an invalid Date", new Date(Number.NaN)],
  ["at", "a text", "2024-01-01T00:00:00Z"],
  ["at", "a number", 0],
  ["decimal", "a number", 1.5],
  ["decimal", "no number", "1,5"],
  ["decimal", "more digits than memory", "1e999999"],
  ["json", "a cycle", cycle],
  ["json", "too deep", deep()],
  ["json", "undefined inside", { a: undefined }],
  ["json", "NaN inside", [Number.NaN]],
  ["json", "a bigint inside", { a: 1n }],
  ["json", "an instance of a class", { when: new Date(0) }],
  ["json", "a function", () => 1],
  ["stamp", "a text", "0".repeat(24)],
  ["stamp", "one that only a commit completes", Versionstamp.incomplete(1)],
  ["level", "a name that is not in the list", "medium"],
  ["level", "a name of every object", "constructor"],
  ["list", "a null inside", [1, null]],
  ["list", "a hole", Object.assign([1], { 2: 3 })],
  ["list", "an item of another type", [1, "2"]],
  ["list", "an object that looks like a list", { length: 1, 0: 1 }],
  ["lists", "an invalid Date, two lists down", [[new Date(Number.NaN)]]],
  ["price", "what its type refuses", { cents: 0.5 }],
];

/** Values at the edges of what a field can hold. */
export const kept: readonly (readonly [keyof EveryType, string, unknown])[] = [
  ["number", "the largest", Number.MAX_SAFE_INTEGER],
  ["integer", "the smallest", Number.MIN_SAFE_INTEGER],
  ["float", "the smallest above zero", Number.MIN_VALUE],
  ["float", "the largest below zero", -Number.MAX_VALUE],
  ["bigint", "of 255 bytes", -(2n ** 2040n - 1n)],
  ["boolean", "false", false],
  ["string", "empty", ""],
  ["string", "of odd characters", "\0\u0001\u00ff\uffff\u{10ffff}"],
  ["string", "of names of every object", "__proto__"],
  ["binary", "empty", new Uint8Array(0)],
  ["binary", "of every byte", Uint8Array.from({ length: 256 }, (_, i) => i)],
  ["reference", "ends in a zero", "a\0"],
  ["uuid", "of ones", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
  ["date", "the first", "0000-01-01"],
  ["date", "the last", "9999-12-31"],
  ["time", "the last", "23:59:59.999999"],
  ["seconds", "the first", new Date(-8.64e15)],
  ["at", "the last", new Date(8.64e15)],
  ["at", "before 1970", new Date(-1)],
  ["decimal", "long", `-${"9".repeat(500)}.${"0".repeat(499)}1`],
  ["json", "names of every object", JSON.parse('{ "__proto__": { "constructor": 1 }, "toString": null }')],
  ["json", "half a surrogate pair", "\ud800"],
  ["stamp", "the first", Versionstamp.fromBigInt(0n)],
  ["level", "a name", "high"],
  ["list", "empty", []],
  ["list", "of edges", [Number.MAX_SAFE_INTEGER, 0, Number.MIN_SAFE_INTEGER]],
  ["lists", "of lists", [[], [new Date(0), new Date(-1000)]]],
  ["price", "of an own type", { cents: -5 }],
];
