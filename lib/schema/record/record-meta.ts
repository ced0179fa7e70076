/** Keeps what Plinth knows about a record besides its fields, where JSON and equality do not see it. */

import type { StoredValue } from "../types/index.js";

/** What Plinth knows about a record besides its fields. */
export interface RecordMeta {
  /** `built`: never stored. `loaded`: read from or written to the store. `deleted`: was deleted through this record. */
  readonly state: "built" | "loaded" | "deleted";
  /** The tenant that the record was read from or written to. */
  readonly tenant?: unknown;
  /** Stored fields that this release's schema does not declare, by stored name; updates keep them. */
  readonly unknownFields?: ReadonlyMap<string | number, StoredValue>;
}

/** Returns the object it is given, so that a subclass adds its private field to that. */
class Given {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: a returned object is what the subclass's field is put on
    return object;
  }
}

/**
 * Keeps the metadata in a private field of the record: JSON, structuredClone and equality see fields and nothing
 * else, as with a WeakMap, at a tenth of its cost for each record that is read.
 */
class Metadata extends Given {
  #meta: RecordMeta;
  #loaded: readonly StoredValue[] | undefined;
  #key: readonly unknown[] | undefined;

  private constructor(
    record: object,
    meta: RecordMeta,
    loaded?: readonly StoredValue[],
    key?: readonly unknown[],
  ) {
    super(record);
    this.#meta = meta;
    this.#loaded = loaded;
    this.#key = key;
  }

  static of(record: object): RecordMeta | undefined {
    return #meta in record ? record.#meta : undefined;
  }

  static loaded(record: object): readonly StoredValue[] | undefined {
    return #meta in record ? record.#loaded : undefined;
  }

  static key(record: object): readonly unknown[] | undefined {
    return #meta in record ? record.#key : undefined;
  }

  static put(
    record: object,
    meta: RecordMeta,
    loaded?: readonly StoredValue[],
    key?: readonly unknown[],
  ): void {
    if (#meta in record) {
      record.#meta = meta;
      if (loaded !== undefined) record.#loaded = loaded;
      if (key !== undefined) record.#key = key;
    } else new Metadata(record, meta, loaded, key);
  }
}

/**
 * The record's metadata: whether it is stored, in which tenant, and the fields that this schema does not know; `undefined`
 * for an object that Plinth did not make.
 *
 * @example getMeta(product)?.state; // "built", "loaded" or "deleted"
 */
export function getMeta(record: object): RecordMeta | undefined {
  return Metadata.of(record);
}

/**
 * Replaces the record's metadata.
 *
 * @param loaded the values of the body that the record was made of (`bodyFields`), as they are stored: kept by reference,
 *   so that a field that is changed in place can be told from what was read, at the cost of a pointer
 * @param key the key items that the record was found under, kept in the same way
 */
export function setMeta(
  record: object,
  meta: RecordMeta,
  loaded?: readonly StoredValue[],
  key?: readonly unknown[],
): void {
  Metadata.put(record, Object.isFrozen(meta) ? meta : Object.freeze({ ...meta }), loaded, key);
}

/** The key items that the record was found under; `undefined` for a record that was not loaded. */
export function loadedKeyOf(record: object): readonly unknown[] | undefined {
  return Metadata.key(record);
}

/** What was given to {@link setMeta}; `undefined` for a record that was not loaded. */
export function loadedValuesOf(record: object): readonly StoredValue[] | undefined {
  return Metadata.loaded(record);
}

/** Gives a copy of a record the metadata of the first, and what that was loaded with. */
export function copyMeta(from: object, to: object): void {
  const meta = Metadata.of(from);
  if (meta !== undefined) Metadata.put(to, meta, Metadata.loaded(from), Metadata.key(from));
}
