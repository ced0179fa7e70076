import fc from "fast-check";
import type { Condition } from "./model.js";
import { type RandomSchema, type Row, typeOf } from "./schema.js";
import { anyValue, presentValue, typeNamed } from "./types.js";

const partitions = ["a", "a\0", "b"];
const long = fc.oneof(
  { weight: 6, arbitrary: fc.constant(null) },
  { weight: 2, arbitrary: fc.constant("short") },
  { weight: 1, arbitrary: fc.constant("x".repeat(95_000)) },
  { weight: 1, arbitrary: fc.constant("y".repeat(190_000)) },
);
const piece = fc.record({
  price: anyValue(typeNamed("decimal")),
  at: anyValue(typeNamed("utc_datetime")),
});

function values(schema: RandomSchema): Record<string, fc.Arbitrary<unknown>> {
  return {
    ...Object.fromEntries(schema.fields.map(({ name, type }) => [name, anyValue(type)])),
    long,
    ...(schema.embeds && {
      piece: fc.option(piece, { nil: null }),
      pieces: fc.array(piece, { maxLength: 2 }),
    }),
  };
}

/** The values of new rows; without a key where the commit assigns it. */
function rowsOf(schema: RandomSchema): fc.Arbitrary<Row> {
  const key = schema.key.name === "versionstamp" ? {} : { key: presentValue(schema.key) };
  const partition = schema.partitioned ? { partition: fc.constantFrom(...partitions) } : {};
  return fc.record({ ...key, ...partition, ...values(schema) }) as fc.Arbitrary<Row>;
}

const changesOf = (schema: RandomSchema): fc.Arbitrary<Row> =>
  fc.record(values(schema), { requiredKeys: [] }) as fc.Arbitrary<Row>;

/** Operators on one field. */
function operators(schema: RandomSchema, field: string): fc.Arbitrary<Row> {
  const type = typeOf(schema, field);
  const value = presentValue(type);
  const any = anyValue(type);
  const plain = [
    { weight: 4, arbitrary: any.map((eq) => ({ eq })) },
    { weight: 2, arbitrary: fc.array(any, { maxLength: 3 }).map((list) => ({ in: list })) },
    { weight: 1, arbitrary: fc.boolean().map((isNull) => ({ isNull })) },
  ];
  const ranges = [
    { weight: 2, arbitrary: value.map((gt) => ({ gt })) },
    { weight: 2, arbitrary: value.map((lte) => ({ lte })) },
    { weight: 2, arbitrary: fc.tuple(value, value).map(([gte, lt]) => ({ gte, lt })) },
  ];
  const prefixes = () => [
    { weight: 2, arbitrary: fc.constantFrom(...type.prefixes).map((startsWith) => ({ startsWith })) },
  ];
  const choices: { weight: number; arbitrary: fc.Arbitrary<Row> }[] = [
    ...plain,
    ...(type.ordered ? ranges : []),
    ...(type.prefixes.length > 0 ? prefixes() : []),
  ];
  return fc.oneof(...choices);
}

export const namesOf = (schema: RandomSchema): readonly string[] => [
  "key",
  ...(schema.partitioned ? ["partition"] : []),
  ...schema.fields.map(({ name }) => name),
];

/** Conditions, more often on the fields of an index than on others. */
export function conditions(schema: RandomSchema): fc.Arbitrary<readonly Condition[]> {
  const on = (field: string) => operators(schema, field).map((ops): Condition => [field, ops]);
  const anyField = fc.constantFrom(...namesOf(schema)).chain(on);
  const random = fc.array(anyField, { maxLength: 2 });
  const indexed = schema.indexes.filter(({ fields }) => fields.length > 0);
  if (indexed.length === 0) return random;
  const along = fc
    .tuple(fc.constantFrom(...indexed), fc.nat(3))
    .chain(([{ fields, where }, n]) =>
      fc.tuple(...fields.slice(0, n).map(on)).map((list) => [...list, ...where] as readonly Condition[]),
    );
  return fc.oneof({ weight: 1, arbitrary: random }, { weight: 2, arbitrary: along });
}

export type Single =
  | { readonly kind: "insert"; readonly row: Row }
  | {
      readonly kind: "upsert";
      readonly row: Row;
      readonly at: number;
      readonly how: "nothing" | "replaceAll" | "replace" | "except";
      readonly fields: number;
    }
  | { readonly kind: "update"; readonly at: number; readonly changes: Row; readonly elsewhere: boolean }
  | { readonly kind: "delete"; readonly at: number };
export type Many =
  | { readonly kind: "insertAll"; readonly rows: readonly Row[]; readonly batch: number | undefined }
  | {
      readonly kind: "updateAll";
      readonly where: readonly Condition[];
      readonly changes: Row;
      readonly batch: number | undefined;
      readonly called: boolean;
    }
  | { readonly kind: "deleteAll"; readonly where: readonly Condition[]; readonly batch: number | undefined };
export type Step =
  | Single
  | Many
  | { readonly kind: "together"; readonly steps: readonly (Single | Many)[]; readonly rollback: boolean };

export function steps(schema: RandomSchema): fc.Arbitrary<readonly Step[]> {
  const row = rowsOf(schema);
  const changes = changesOf(schema);
  const at = fc.nat(20);
  const batch = fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined });
  const where = conditions(schema);
  const how = fc.constantFrom(
    "nothing" as const,
    "replaceAll" as const,
    "replace" as const,
    "except" as const,
  );
  const single: fc.Arbitrary<Single> = fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant("insert" as const), row }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant("upsert" as const), row, at, how, fields: fc.nat(63) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("update" as const),
        at,
        changes,
        elsewhere: fc.nat(3).map((n) => n === 0),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("delete" as const), at }) },
  );
  const many: fc.Arbitrary<Many> = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("insertAll" as const),
        rows: fc.array(row, { maxLength: 5 }),
        batch,
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("updateAll" as const),
        where,
        changes,
        batch,
        called: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("deleteAll" as const), where, batch }) },
  );
  const part = fc.oneof({ weight: 4, arbitrary: single }, { weight: 1, arbitrary: many });
  const together = fc.record({
    kind: fc.constant("together" as const),
    steps: fc.array(part, { minLength: 1, maxLength: 4 }),
    rollback: fc.boolean(),
  });
  return fc.array(
    fc.oneof(
      { weight: 4, arbitrary: single },
      { weight: 2, arbitrary: many },
      { weight: 1, arbitrary: together },
    ),
    { minLength: 1, maxLength: 10 },
  );
}
