/** The decorators of fields: `@Field`, `@PrimaryKey`, `@InsertedAt` and `@UpdatedAt`. */

import { randomUUID } from "node:crypto";
import { SchemaError } from "../../errors.js";
import { type OnViolation, registerField, suggest, type Writable } from "../definition/index.js";
import {
  type FieldType,
  isTypeSpec,
  resolveType,
  showValue,
  type TypeSpec,
  type ValueOf,
} from "../types/index.js";
import { isDeclaredWithoutNull } from "./declared-null.js";
import { refuseBareForm } from "./decorator-form.js";
import { classOf } from "./decorator-target.js";
import type { InferringDecorator, TypedDecorator } from "./fits.js";
import { inferType } from "./infer-type.js";

/** Options of `@Field`. */
export interface FieldOptions<V = unknown, R extends boolean = boolean> {
  /** Value of the field in new records, or a function called for each of them. Default: null. */
  readonly default?: V | (() => V) | null;
  /** Name in stored records; default: the property's. */
  readonly source?: string;
  /**
   * Store the field under this number (an integer from 0, unique in the schema, never reused) instead of a name, so that a
   * rename costs nothing. Default: none, the name is stored.
   */
  readonly tag?: number;
  /** Never stored. Default false. */
  readonly virtual?: boolean;
  /** Keep the value out of `util.inspect`, logs and messages. Default false. */
  readonly redact?: boolean;
  /**
   * Whether a new record needs a value. Default: whether the property is declared without `| null`, where the compiler
   * records that (`emitDecoratorMetadata`). To be stated without such a compiler, and for types that it records as
   * `Object`: unions, interfaces, imported types.
   */
  readonly required?: R;
  /**
   * When the Repo writes the field: `"insert"` keeps what the record was inserted with, `"never"` leaves it to others. Default
   * `"always"`.
   */
  readonly writable?: Writable;
  /**
   * What becomes of a value that is not written: `"raise"` an error (the default), `"warn"` by the Repo's logger, or `"ignore"`.
   * With `writable` alone.
   */
  readonly onViolation?: OnViolation;
}

/** Options of `@PrimaryKey`. */
export interface PrimaryKeyOptions {
  /**
   * Fill the key at insert: UUIDv7 for `binary_id` and `uuid`, the commit's stamp for `versionstamp`. `"v4"` makes random
   * UUIDs, which tell nothing and lie all over the keyspace; `"v7"` is what `true` is. Default false.
   */
  readonly autogenerate?: boolean | "v4" | "v7";
  /** The field whose value precedes the key in the keyspace, so that each of its values is one range. Default: none. */
  readonly partitionBy?: string;
  /** Name in stored records; default: the property's. */
  readonly source?: string;
  /** Store the key under this number (an integer from 0) instead of a name. Default: none, the name is stored. */
  readonly tag?: number;
}

type Decorator = (target: object, property: unknown) => void;

/** A copy without what is undefined, so that it does not hide the registry's defaults. */
function given<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

/** The options of each decorator. */
const fieldOptions = ["default", "source", "tag", "virtual", "redact", "required", "writable", "onViolation"];
const keyOptions = ["autogenerate", "partitionBy", "source", "tag"];
const timestampOptions = ["source", "tag"];
const flags: ReadonlySet<string> = new Set(["virtual", "redact", "required"]);

/** @throws SchemaError for an option that there is not, for a flag that is none, and for a default that the type refuses */
function checkFieldOptions(
  decorator: string,
  options: object,
  known: readonly string[],
  type: unknown,
): void {
  for (const [name, value] of Object.entries(options)) {
    if (!known.includes(name)) {
      throw new SchemaError(`@${decorator} has no option "${name}".${suggest(name, [...known])}`);
    }
    if (flags.has(name) && value !== undefined && typeof value !== "boolean") {
      throw new SchemaError(`{ ${name} } of @${decorator} is true or false, not ${showValue(value)}.`);
    }
  }
  const value = (options as { readonly default?: unknown }).default;
  if (value === undefined || value === null || typeof value === "function") return;
  try {
    resolveType(type).dump(value as never);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SchemaError(
      `The default ${showValue(value)} is no value of the field's type: ${reason}. Write one that is, or a function that gives ` +
        "one for each record.",
      { cause },
    );
  }
}

function declareField(
  decorator: string,
  first: unknown,
  second: object | undefined,
  known: readonly string[],
  more: (schema: { readonly type: unknown }) => object,
): Decorator {
  const typed = isTypeSpec(first);
  refuseBareForm(decorator, first, '("string")');
  if (
    !typed &&
    first !== undefined &&
    (typeof first !== "object" || first === null || second !== undefined)
  ) {
    throw new SchemaError(
      `@${decorator}(type?, options?) takes a type first. Write @${decorator}("string", { … }) or @${decorator}({ … }).`,
    );
  }
  const options = (typed ? second : (second ?? first)) ?? {};
  return (target, property) => {
    const schema = classOf(target, property, decorator);
    const name = property as string;
    try {
      const type = typed ? resolveType(first) : inferType(target, name, decorator);
      checkFieldOptions(decorator, options, known, type);
      const required = isDeclaredWithoutNull(target, name);
      registerField(schema, name, { required, ...given(options), type, ...more({ type }) });
    } catch (error) {
      if (!(error instanceof SchemaError) || error.message.includes(`${schema.name}.${name}`)) throw error;
      throw new SchemaError(`${schema.name}.${name}: ${error.message}`, { cause: error });
    }
  };
}

/**
 * A stored field.
 *
 * `type` is a name, `{ array: type }`, `enumOf(…)` or a `FieldType` object; it may be left out where the property is
 * declared `string` (gives `string`), `number` (`float`), `boolean`, `bigint`, `Date` (`utc_datetime_usec`),
 * `Uint8Array` or `Buffer` (`binary`), without `| null`. Declare properties with `declare`: a class field would be
 * initialised over the values that were read. A type that does not fit the property is a compile error.
 *
 * A property without `| null` is required: an insert that leaves it out is a compile error, and is refused when it runs
 * where the compiler recorded the type (`emitDecoratorMetadata`) or `required` states it.
 *
 * @example \@Field("string", { default: "" }) declare name: string;
 * @throws SchemaError while the class is defined, naming class and field
 */
export function Field<const S extends TypeSpec, const R extends boolean = boolean>(
  type: S,
  options?: FieldOptions<ValueOf<S>, R>,
): TypedDecorator<S, R>;
export function Field(options?: FieldOptions): InferringDecorator;
export function Field(first?: unknown, options?: FieldOptions): Decorator {
  return declareField("Field", first, options, fieldOptions, () => ({}));
}

/**
 * The primary key. On several properties it is composite: records are found by all of their values, in the order of their
 * declaration, and the values of the first ones are key ranges.
 *
 * Left out, the type is `binary_id` for a `string` and `id` for a `number`. A `versionstamp` key is always filled by
 * the commit. With `partitionBy`, records are found by both values and each partition is one key range.
 *
 * @example \@PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
 * @throws SchemaError for a type without order, and for a type whose values cannot be generated as asked
 */
export function PrimaryKey<const S extends TypeSpec>(type: S, options?: PrimaryKeyOptions): TypedDecorator<S>;
export function PrimaryKey(options?: PrimaryKeyOptions): InferringDecorator;
export function PrimaryKey(first?: unknown, second?: PrimaryKeyOptions): Decorator {
  return declareField("PrimaryKey", first, second, keyOptions, ({ type }) => {
    const options = isTypeSpec(first) ? second : ((second ?? first) as PrimaryKeyOptions | undefined);
    const stamped = (type as { name?: string }).name === "versionstamp";
    const generate = options?.autogenerate ?? false;
    const own = typeof generate === "boolean" ? type : generatedUuid(type, generate);
    if (own === undefined) {
      throw new SchemaError(
        `{ autogenerate } is true, false, "v4" or "v7" (of "uuid" and "binary_id"), not ${showValue(generate)}. ` +
          'Write @PrimaryKey("uuid", { autogenerate: "v4" }).',
      );
    }
    return { primaryKey: true, type: own, autogenerate: generate !== false || stamped ? "id" : undefined };
  });
}

/** The type with UUIDs of that version; undefined for a type that holds none. */
function generatedUuid(type: unknown, version: unknown): FieldType | undefined {
  const { name } = type as FieldType;
  if ((version !== "v4" && version !== "v7") || (name !== "uuid" && name !== "binary_id")) return undefined;
  return version === "v7"
    ? (type as FieldType)
    : { ...(type as FieldType), autogenerate: () => randomUUID() };
}

type TimestampType = "utc_datetime" | "utc_datetime_usec";

/**
 * When the record was inserted; set by the Repo, by its clock (`now`). Type `utc_datetime_usec` by default, whose values are
 * a `Date`.
 *
 * @example \@InsertedAt() declare insertedAt: Date;
 * @throws SchemaError for an option that there is not
 */
export function InsertedAt(
  options: { readonly type?: TimestampType; readonly source?: string; readonly tag?: number } = {},
) {
  return timestamp("InsertedAt", "insertedAt", options);
}

/**
 * When the record was last written; set by the Repo at every insert and at every update that changes something. Type
 * `utc_datetime_usec` by default, whose values are a `Date`.
 *
 * @example \@UpdatedAt() declare updatedAt: Date;
 * @throws SchemaError for an option that there is not
 */
export function UpdatedAt(
  options: { readonly type?: TimestampType; readonly source?: string; readonly tag?: number } = {},
) {
  return timestamp("UpdatedAt", "updatedAt", options);
}

function timestamp(
  decorator: string,
  autogenerate: "insertedAt" | "updatedAt",
  given: { readonly type?: TimestampType },
): TypedDecorator<TimestampType> {
  refuseBareForm(decorator, given, "()");
  const { type = "utc_datetime_usec", ...options } = given;
  return declareField(decorator, type, options, timestampOptions, () => ({
    autogenerate,
  })) as TypedDecorator<TimestampType>;
}
