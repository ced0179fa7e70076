import fc from "fast-check";
import {
  counter,
  create,
  EmbeddedSchema,
  EmbedsMany,
  EmbedsOne,
  Field,
  index,
  Migration,
  type MigrationClass,
  metadata,
  PrimaryKey,
  Schema,
  type SchemaClass,
} from "../../../lib/index.js";
import { presentValue, type RandomType, types } from "./types.js";

export type Row = Record<string, unknown>;

export interface RandomField {
  readonly name: string;
  readonly type: RandomType;
  readonly tag: number | undefined;
  readonly source: string | undefined;
}

export interface RandomIndex {
  readonly kind: "index" | "counter";
  readonly fields: readonly string[];
  readonly unique: boolean;
  readonly include: readonly string[] | "all";
  /** Of a partial index: the field and the operators that its rows satisfy. */
  readonly where: readonly (readonly [string, Row])[];
  readonly name: string;
}

/** A schema as data. Its key is `key`, behind `partition` where there is one; `long` may hold more than a chunk. */
export interface RandomSchema {
  readonly key: RandomType;
  readonly partitioned: boolean;
  readonly fields: readonly RandomField[];
  readonly embeds: boolean;
  readonly logged: boolean;
  readonly indexes: readonly RandomIndex[];
  /** The field that another release does not know. */
  readonly dropped: number;
}

const keys = types.filter(({ name }) =>
  ["string", "binary", "integer", "bigint", "uuid", "date", "decimal", "versionstamp"].includes(name),
);
const indexable = types.filter(({ ordered }) => ordered);

const fieldsOf = fc
  .array(fc.record({ type: fc.constantFrom(...types), tagged: fc.boolean(), renamed: fc.boolean() }), {
    minLength: 3,
    maxLength: 7,
  })
  .map((list) =>
    list.map(
      ({ type, tagged, renamed }, i): RandomField => ({
        name: `f${i}`,
        type,
        tag: tagged ? i + 5 : undefined,
        source: renamed ? `stored ${i}` : undefined,
      }),
    ),
  );

function indexesOf(
  partitioned: boolean,
  stamped: boolean,
  fields: readonly RandomField[],
): fc.Arbitrary<readonly RandomIndex[]> {
  const ordered = fields.filter(({ type }) => type.ordered).map(({ name }) => name);
  const names = [...ordered, ...(partitioned ? ["partition"] : []), ...(stamped ? [] : ["key"])];
  if (ordered.length === 0) return fc.constant([]);
  const where = fc.constantFrom(...fields.filter(({ type }) => type.ordered)).chain(({ name, type }) =>
    fc.oneof(
      presentValue(type).map((eq) => [name, { eq }] as const),
      fc.boolean().map((isNull) => [name, { isNull }] as const),
      presentValue(type).map((gte) => [name, { gte }] as const),
      fc
        .array(presentValue(type), { minLength: 1, maxLength: 2 })
        .map((list) => [name, { in: list }] as const),
    ),
  );
  const one = fc.record({
    kind: fc.oneof(
      { weight: 4, arbitrary: fc.constant("index" as const) },
      { weight: 1, arbitrary: fc.constant("counter" as const) },
    ),
    fields: fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 3 }),
    unique: fc.nat(5).map((n) => n === 0),
    include: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.constant("all" as const) },
      {
        weight: 1,
        arbitrary: fc.uniqueArray(fc.constantFrom(...fields.map(({ name }) => name)), { maxLength: 2 }),
      },
    ),
    where: fc.oneof(
      { weight: 4, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: where.map((condition) => [condition]) },
    ),
  });
  return fc.array(one, { maxLength: 5 }).map((list) =>
    list.map(({ kind, fields: of, unique, include, where: partial }, i): RandomIndex => {
      const plain = kind === "index";
      return {
        kind,
        fields: kind === "counter" ? of.slice(0, i % 3) : of,
        unique: plain && unique,
        include: plain ? include : [],
        where: partial,
        name: `the ${kind} ${i}`,
      };
    }),
  );
}

export const schemas: fc.Arbitrary<RandomSchema> = fc
  .record({
    key: fc.constantFrom(...keys),
    partitioned: fc.nat(2).map((n) => n === 0),
    fields: fieldsOf,
    embeds: fc.boolean(),
    logged: fc.boolean(),
    dropped: fc.nat(10),
  })
  .chain((schema) =>
    indexesOf(schema.partitioned, schema.key.name === "versionstamp", schema.fields).map((indexes) => ({
      ...schema,
      indexes,
    })),
  );

/** The type of any field, key and partition included. */
export function typeOf(schema: RandomSchema, field: string): RandomType {
  if (field === "key") return schema.key;
  if (field === "partition" || field === "long") return indexable[0]!;
  return schema.fields.find(({ name }) => name === field)!.type;
}

@EmbeddedSchema()
export class Piece {
  @Field("decimal", { tag: 1 }) declare price: string | null;
  @Field("utc_datetime") declare at: Date | null;
}

type Decorate = (target: object, property: string) => void;

function declare(
  schema: RandomSchema,
  fields: readonly RandomField[],
  rename: (name: string) => string,
): SchemaClass<Row> {
  class Random {}
  const on = (name: string, decorate: unknown) => (decorate as Decorate)(Random.prototype, name);
  const partition = schema.partitioned ? { partitionBy: "partition" } : {};
  on("key", PrimaryKey(schema.key.spec as "string", partition));
  if (schema.partitioned) on("partition", Field("string"));
  for (const { name, type, tag, source } of fields) {
    const stored = tag === undefined ? { source: source ?? name } : { tag };
    on(rename(name), Field(type.spec as "string", stored));
  }
  on("long", Field("string"));
  if (schema.embeds) {
    on(
      "piece",
      EmbedsOne(() => Piece, { onReplace: "delete" }),
    );
    on(
      "pieces",
      EmbedsMany(() => Piece, { onReplace: "delete", tag: 100 }),
    );
  }
  Schema("random")(Random as never);
  return Random as never;
}

/** What is declared for a schema: its class, the migration, and the class of a release that lacks a field. */
export function realise(schema: RandomSchema): {
  readonly schema: SchemaClass<Row>;
  readonly migration: MigrationClass;
  readonly other: SchemaClass<Row>;
  readonly renamed: (name: string) => string;
} {
  const declared = declare(schema, schema.fields, (name) => name);
  const migration = class extends Migration {
    change() {
      const commands = schema.indexes.map(({ kind, fields, unique, include, where, name }) => {
        const partial = where.length === 0 ? {} : { where: Object.fromEntries(where) as never };
        const definition =
          kind === "counter"
            ? counter(declared, fields, { name, ...partial })
            : index(declared, fields, { unique, include, name, ...partial });
        return create(definition);
      });
      return schema.logged ? [create(metadata(declared)), ...commands] : commands;
    }
  };
  // Entries of a type of the application can only be kept by a release that has it.
  const custom = schema.fields.filter(({ type }) => type.name === "money").map(({ name }) => name);
  const candidates = schema.fields.filter(({ name }) => !custom.includes(name));
  const dropped = candidates[schema.dropped % Math.max(1, candidates.length)];
  const renamed = (name: string) => `${name}Renamed`;
  const kept = schema.fields.filter((field) => field !== dropped).reverse();
  return { schema: declared, migration, other: declare(schema, kept, renamed), renamed };
}

/** The name of the field that the other release lacks. */
export function droppedOf(schema: RandomSchema): string | undefined {
  const candidates = schema.fields.filter(({ type }) => type.name !== "money");
  return candidates[schema.dropped % Math.max(1, candidates.length)]?.name;
}
