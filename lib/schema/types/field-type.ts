/** The contract of a type: how values come in, how they are stored, and how they sort in keys. */

import type { TupleItem } from "../../tuple/index.js";

/** What a record holds on disk: values of the record codec. */
export type StoredValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly StoredValue[]
  | { readonly [name: string]: StoredValue };

/** The outcome of casting a value from outside. `meta` joins the metadata of the changeset's error. */
export type CastResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string; readonly meta?: Readonly<Record<string, unknown>> };

/**
 * The type of a field: how values come in from outside, how they are stored, and how they are ordered in keys.
 *
 * `null` never reaches a type: it is the empty value of every field and is handled before.
 *
 * @example
 * const cents: FieldType<number> = {
 *   name: "cents",
 *   cast: (value) =>
 *     Number.isSafeInteger(value) ? { ok: true, value: value as number } : { ok: false, message: "is invalid" },
 *   dump: (value) => value,
 *   load: (stored) => stored as number,
 *   toKey: (value) => value,
 *   fromKey: (item) => item as number,
 * };
 */
export interface FieldType<T = unknown> {
  /** Shown in messages and kept in index registrations. */
  readonly name: string;
  /** Input from outside (forms, JSON) to a value; never throws. */
  cast(value: unknown): CastResult<T>;
  /** A value to its stored form. Throws `InvalidValueError` for what the type cannot hold. */
  dump(value: T): StoredValue;
  /** The stored form back to a value. */
  load(stored: StoredValue): T;
  /** Whether two values are the same, for detecting changes; default: `Object.is`, bytes and dates by content. */
  equal?(a: T, b: T): boolean;
  /** Order of two values; must agree with the order of their keys. Default: the order of the packed keys. */
  compare?(a: T, b: T): number;
  /**
   * A tuple item that sorts as the value does, for every value that `load` gives: also for one that `dump` refuses
   * by now. Absent: the field can be in no index and no primary key.
   */
  toKey?(value: T): TupleItem;
  /** The value of a key. Absent, or `lossyKey`: values must be read from the record. */
  fromKey?(item: TupleItem): T;
  /** Set when values that are equal but written differently share a key, so that a key does not tell which. */
  readonly lossyKey?: boolean;
  /** Of a list: the type of its items. */
  readonly element?: FieldType;
  /** Of an enum, or a list of one: the values that there are. */
  readonly values?: readonly unknown[];
  /** A new value for `@PrimaryKey(type, { autogenerate: true })`. */
  autogenerate?(): T;
}
