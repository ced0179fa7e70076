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

  private constructor(record: object, meta: RecordMeta) {
    super(record);
    this.#meta = meta;
  }

  static of(record: object): RecordMeta | undefined {
    return #meta in record ? record.#meta : undefined;
  }

  static put(record: object, meta: RecordMeta): void {
    if (#meta in record) record.#meta = meta;
    else new Metadata(record, meta);
  }
}

/** The record's metadata; `undefined` for an object that Plinth did not make. */
export function getMeta(record: object): RecordMeta | undefined {
  return Metadata.of(record);
}

/** Replaces the record's metadata. */
export function setMeta(record: object, meta: RecordMeta): void {
  Metadata.put(record, Object.isFrozen(meta) ? meta : Object.freeze({ ...meta }));
}
