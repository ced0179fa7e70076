import {
  create,
  Field,
  index,
  Migration,
  type MigrationClass,
  type MigrationCommand,
  metadata,
  PrimaryKey,
  Schema,
  type SchemaClass,
} from "../../../lib/index.js";
import type { Random } from "../runs.js";
import { chance, type Kind, keyKinds, kinds, pick, some } from "./kinds.js";

/** A row of any schema. */
export interface Row {
  readonly id: unknown;
  readonly [field: string]: unknown;
}

/** A schema that no one wrote: its fields, what is registered for it, and what its keys can be. */
export interface Source {
  readonly name: string;
  readonly schema: SchemaClass<Row>;
  readonly key: Kind;
  /** The field whose value precedes the key. */
  readonly partition: string | undefined;
  /** The source whose keys stand in the field `ref`. */
  readonly refersTo: Source | undefined;
  /** Ordered fields by name; the key too, under `id`. */
  readonly fields: ReadonlyMap<string, Kind>;
  /** Whether writers keep a log of its changes. */
  readonly logged: boolean;
  /** Fields whose old values the log holds. */
  readonly known: ReadonlySet<string>;
  readonly commands: readonly MigrationCommand[];
}

const partitions: Kind = { ...kinds[0]!, values: ["p", "p\0", "q"] };

interface Wish {
  readonly key: Kind;
  readonly partitioned?: boolean;
  readonly logged: boolean;
  readonly refersTo?: Source;
}

let made = 0;

function randomSource(next: Random, wish: Wish): Source {
  const name = `source${++made}`;
  const fields = new Map<string, Kind>([["id", wish.key]]);
  if (wish.refersTo !== undefined) fields.set("ref", wish.refersTo.key);
  if (wish.partitioned === true) fields.set("part", partitions);
  for (let i = 2 + next(4); i > 0; i--) fields.set(`f${i}`, pick(next, kinds));

  const schema = { [name]: class {} }[name] as unknown as SchemaClass<Row>;
  const declareOn = (decorator: unknown, field: string) =>
    (decorator as (target: object, property: string) => void)(schema.prototype as object, field);
  const tagged = chance(next, 3);
  const options = (field: string, tag: number) => {
    if (tagged) return { tag };
    return chance(next, 4) ? { source: `s_${field}` } : {};
  };
  let tag = 0;
  const partition = wish.partitioned === true ? "part" : undefined;
  declareOn(PrimaryKey(wish.key.type, partition === undefined ? {} : { partitionBy: partition }), "id");
  for (const [field, kind] of fields)
    if (field !== "id") declareOn(Field(kind.type, options(field, tag++)), field);
  declareOn(Field("string", options("text", tag++)), "text");
  declareOn(Field("json", options("extra", tag++)), "extra");
  (Schema(name) as (target: unknown) => void)(schema);

  const indexes = randomIndexes(next, schema, fields, wish);
  const by = chance(next, 3) ? some(next, [...fields.keys()], 2) : [];
  const whole = by.length === 0 || chance(next, 2);
  const logs = wish.logged
    ? [
        ...(whole ? [create(metadata(schema))] : []),
        ...(by.length === 0 ? [] : [create(metadata(schema, by as never))]),
      ]
    : [];
  return {
    name,
    schema,
    key: wish.key,
    partition,
    refersTo: wish.refersTo,
    fields,
    logged: wish.logged,
    known: new Set([
      "id",
      ...(partition === undefined ? [] : [partition]),
      ...(wish.logged ? by : []),
      ...indexes.flatMap(({ indexed }) => indexed),
    ]),
    commands: [...logs, ...indexes.map(({ command }) => command)],
  };
}

/** Indexes on some fields: of several fields, covering, partial and unique ones. */
function randomIndexes(
  next: Random,
  schema: SchemaClass<Row>,
  fields: ReadonlyMap<string, Kind>,
  wish: Wish,
): { readonly indexed: readonly string[]; readonly command: MigrationCommand }[] {
  const stamped = wish.key.name === "versionstamp";
  const names = [...fields.keys()].filter((field) => field !== "id" || !stamped);
  const sets = Array.from({ length: 1 + next(4) }, () => some(next, names, 3)).filter(
    (set) => set.length > 0,
  );
  if (wish.refersTo !== undefined && !chance(next, 3))
    sets.push([
      "ref",
      ...some(
        next,
        names.filter((field) => field !== "ref"),
        1,
      ),
    ]);
  return sets.map((indexed, i) => {
    const [field, kind] = pick(
      next,
      [...fields].filter(([field]) => field !== "id"),
    );
    const where = chance(next, 4) ? { [field]: randomPart(next, kind) } : undefined;
    const include = chance(next, 3)
      ? some(
          next,
          names.filter((one) => !indexed.includes(one)),
          2,
        )
      : [];
    // Unique values refuse most histories on small pools, so they are rare, and of several fields.
    const unique = indexed.length > 1 && chance(next, 8);
    return {
      indexed,
      command: create(
        index(schema, indexed as never, {
          name: `index${i}`,
          unique,
          include: include as never,
          ...(where === undefined ? {} : { where: where as never }),
        }),
      ),
    };
  });
}

function randomPart(next: Random, kind: Kind): Readonly<Record<string, unknown>> {
  const value = pick(next, kind.values);
  if (value === undefined || chance(next, 3)) return { isNull: chance(next, 2) };
  return kind.name === "boolean" || chance(next, 2) ? { eq: value } : { gte: value };
}

export interface World {
  /** Rows that others refer to. */
  readonly parents: Source;
  readonly children: Source;
  /** Rows without a log, at times. */
  readonly loose: Source;
  readonly migration: MigrationClass;
}

/** Three sources of random fields, keys and indexes. */
export function randomSchemas(next: Random): World {
  const key = pick(next, keyKinds);
  const parents = randomSource(next, { key, logged: true });
  const childKey = pick(next, keyKinds);
  const children = randomSource(next, {
    key: childKey,
    partitioned: childKey.name !== "versionstamp" && chance(next, 4),
    logged: true,
    refersTo: parents,
  });
  const looseKeys = keyKinds.filter(({ name }) => name !== "versionstamp");
  const loose = randomSource(next, { key: pick(next, looseKeys), logged: chance(next, 2) });
  const commands = [parents, children, loose].flatMap((source) => source.commands);
  class All extends Migration {
    override change() {
      return commands;
    }
  }
  return { parents, children, loose, migration: All };
}
