/** Starts a changeset: `cast` of input from outside, `change` of values that the program chose. */

import { ChangesetError } from "../errors.js";
import {
  build,
  type FieldKey,
  isSchema,
  type SchemaClass,
  showValue,
  type TypeSpec,
  type ValueOf,
} from "../schema/index.js";
import { type Changeset, changesetOf } from "./changeset.js";
import type { CastOptions } from "./input/index.js";
import { emptyState, fieldsOfRecord, fieldsOfTypes, isChangeset } from "./state/index.js";

/** The record of a schemaless changeset: every field may be null. */
export type TypedData<Types> = { readonly [F in keyof Types]: ValueOf<Types[F]> | null };

/** Data and types of a changeset without a schema. */
export interface Schemaless<Types extends Readonly<Record<string, TypeSpec>>> {
  readonly data: { readonly [F in keyof Types]?: ValueOf<Types[F]> | null };
  readonly types: Types;
}

/**
 * A changeset of input from outside. Of `params` only the permitted fields are read, only as own properties, and each
 * is brought into its field's type; what does not fit is an error "is invalid" of the changeset.
 *
 * Blank strings become the field's default (`null` without one). A value that the record has already is no change.
 *
 * @param data a record, a schema class (starts from `build`), a changeset (goes on with it) or `{ data, types }`
 * @param params an object such as a parsed request body; of a form: `Object.fromEntries(formData)`
 * @example cast(product, params, ["name", "description"]).validateRequired(["name"])
 * @throws ChangesetError when `params` is no object; UnknownFieldError when a permitted name is no field
 */
export function cast<
  const Types extends Readonly<Record<string, TypeSpec>>,
  const F extends readonly (keyof Types & string)[],
>(
  data: Schemaless<Types>,
  params: unknown,
  permitted: F,
  options?: CastOptions,
): Changeset<TypedData<Types>, F[number] & FieldKey<TypedData<Types>>>;
export function cast<T, K extends FieldKey<T>, const F extends readonly FieldKey<T>[]>(
  data: Changeset<T, K>,
  params: unknown,
  permitted: F,
  options?: CastOptions,
): Changeset<T, K | F[number]>;
export function cast<T extends object, const F extends readonly FieldKey<T>[]>(
  data: T | SchemaClass<T>,
  params: unknown,
  permitted: F,
  options?: CastOptions,
): Changeset<T, F[number]>;
export function cast(
  data: unknown,
  params: unknown,
  permitted: readonly string[],
  options?: CastOptions,
): unknown {
  const changeset = start(data) as unknown as { cast(...args: unknown[]): unknown };
  return changeset.cast(params, permitted, options);
}

/**
 * A changeset of values that the program chose: they are taken as they are. A value that the record has already is no
 * change; embeds may be given as records, changesets or attributes.
 *
 * @example change(product, { name: "Cereal" })
 * @throws UnknownFieldError for a name that is no field
 */
export function change<T, K extends FieldKey<T>, F extends FieldKey<T> = never>(
  data: Changeset<T, K>,
  changes?: { readonly [P in F]: T[P] },
): Changeset<T, K | F>;
export function change<T extends object, F extends FieldKey<T> = never>(
  data: T | SchemaClass<T>,
  changes?: { readonly [P in F]: T[P] },
): Changeset<T, F>;
export function change(data: unknown, changes: object = {}): unknown {
  let changeset = start(data) as Changeset<Record<string, unknown>>;
  if (typeof changes !== "object" || changes === null || Array.isArray(changes)) {
    throw new ChangesetError(`The changes are an object such as { name: "…" }, not ${showValue(changes)}.`);
  }
  for (const [field, value] of Object.entries(changes)) {
    changeset = isRelation(changeset.data, field)
      ? ((changeset as unknown as Changeset<object>).putAssoc(field as never, value as never) as never)
      : changeset.putChange(field, value);
  }
  return changeset;
}

function isRelation(record: object, name: string): boolean {
  return isSchemaRecord(record) && fieldsOfRecord(record).info?.hasAssociation(name) === true;
}

function isSchemaRecord(record: object): boolean {
  return isSchema((Object.getPrototypeOf(record) as { constructor?: unknown } | null)?.constructor);
}

function start(data: unknown): Changeset<object> {
  if (isChangeset(data)) return data as Changeset<object>;
  if (typeof data === "function") {
    // Throws when the decorator is missing.
    const record = build(data as unknown as SchemaClass<object>);
    return changesetOf(emptyState(fieldsOfRecord(record), record));
  }
  if (isSchemaless(data)) {
    const fields = fieldsOfTypes(data.types);
    const values = Object.fromEntries(fields.names.map((name) => [name, ownValue(data.data, name)]));
    return changesetOf(emptyState(fields, Object.freeze(values)));
  }
  return changesetOf(emptyState(fieldsOfRecord(data), data as object));
}

function isSchemaless(data: unknown): data is Schemaless<Readonly<Record<string, TypeSpec>>> {
  if (typeof data !== "object" || data === null || isSchemaRecord(data)) return false;
  const { data: values, types } = data as { data?: unknown; types?: unknown };
  if (typeof types !== "object" || types === null) return false;
  if (typeof values === "object" && values !== null) return true;
  throw new ChangesetError(
    'A changeset without a schema takes both: cast({ data: {}, types: { name: "string" } }, …).',
  );
}

function ownValue(data: object, name: string): unknown {
  return Object.hasOwn(data, name) ? ((data as Record<string, unknown>)[name] ?? null) : null;
}
