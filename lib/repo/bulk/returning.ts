/** Gives of the rows of a bulk write what its option `returning` asks for. */

import { InvalidOptionsError } from "../../errors.js";
import { type FieldKey, type SchemaInfo, showValue } from "../../schema/index.js";
import type { Values } from "../rows/index.js";

/** Whole records (`true`), the values of one field, or objects of some fields. */
export type Returning<T> = true | FieldKey<T> | readonly FieldKey<T>[];

/** What `returning` makes of a record. */
export type Returned<T, R> = [R] extends [readonly (infer F)[]]
  ? Pick<T, F & keyof T>
  : [R] extends [keyof T]
    ? T[R]
    : T;

/** What a bulk write gives: the number of rows and, with `returning`, these. */
export type Counted<T, R> = { readonly count: number } & (R extends undefined
  ? unknown
  : { readonly records: readonly Returned<T, R>[] });

export interface ReturningOption<R> {
  /** Also gives `records`: whole ones (`true`), values of one field, or objects of a list of fields. */
  readonly returning?: R;
}

/**
 * Undefined without the option.
 *
 * @throws InvalidOptionsError, UnknownFieldError
 */
export function selectionOf(
  info: SchemaInfo,
  operation: string,
  returning: unknown,
): ((record: Values) => unknown) | undefined {
  if (returning === undefined) return undefined;
  if (returning === true) return (record) => record;
  const names = namesIn(returning);
  if (names === undefined) {
    throw new InvalidOptionsError(
      `{ returning } of repo.${operation} is true, a field or a list of fields, as in ["${info.primaryKey.name}"], not ` +
        `${showValue(returning)}.`,
    );
  }
  for (const name of names) info.field(name);
  const [only] = names as [string];
  if (typeof returning === "string") return (record) => record[only] ?? null;
  return (record) => Object.fromEntries(names.map((name) => [name, record[name] ?? null]));
}

/** The fields that it asks for; undefined for what is neither a field nor a list of them. */
export function namesIn(returning: unknown): readonly string[] | undefined {
  if (typeof returning === "string") return [returning];
  if (!Array.isArray(returning) || returning.length === 0) return undefined;
  return returning.every((name) => typeof name === "string") ? (returning as readonly string[]) : undefined;
}
