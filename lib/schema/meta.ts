import type { StoredValue } from "./field-type.js";

/** What Plinth knows about a record besides its fields. */
export interface RecordMeta {
  /** `built`: never stored. `loaded`: read from or written to the store. `deleted`: was deleted through this record. */
  readonly state: "built" | "loaded" | "deleted";
  /** The tenant that the record was read from or written to. */
  readonly tenant?: unknown;
  /** Stored fields that this release's schema does not declare, by stored name; updates keep them. */
  readonly unknownFields?: ReadonlyMap<string | number, StoredValue>;
}

// Kept beside the records, so that JSON, structuredClone and equality see fields and nothing else.
const metas = new WeakMap<object, RecordMeta>();

/** The record's metadata; `undefined` for an object that Plinth did not make. */
export function getMeta(record: object): RecordMeta | undefined {
  return metas.get(record);
}

/** Replaces the record's metadata. */
export function setMeta(record: object, meta: RecordMeta): void {
  metas.set(record, Object.isFrozen(meta) ? meta : Object.freeze({ ...meta }));
}
