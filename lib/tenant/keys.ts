/** The keys in a tenant that belong to Plinth. */

import { pack, type TupleItem } from "../tuple/index.js";

const one = (letter: string): Uint8Array => Buffer.from(letter, "latin1");

/**
 * The first tuple elements of Plinth's own keys in a tenant. All byte strings of one byte are kept for it; every
 * other first element belongs to the application.
 */
export const space: Readonly<
  Record<"data" | "index" | "unique" | "log" | "head" | "counter" | "meta", Uint8Array>
> = Object.freeze({
  data: one("d"),
  index: one("i"),
  unique: one("u"),
  log: one("l"),
  head: one("h"),
  counter: one("c"),
  meta: one("m"),
});

export const isReserved = (first: TupleItem | undefined): boolean =>
  first instanceof Uint8Array && first.length === 1;

/** Holds the tenant's incarnation (16 bytes) and the versionstamp (10) of the last change of its metadata. */
export const versionKey = (prefix: Uint8Array): Uint8Array => pack([space.meta, "version"], prefix);

/** Holds the versionstamp (10 bytes) of the last `Tenant.clear`: no cursor from before it may be resumed. */
export const clearedKey = (prefix: Uint8Array): Uint8Array => pack([space.meta, "cleared"], prefix);

/** Holds what is known of an import that has begun and has not finished; absent otherwise. */
export const importKey = (prefix: Uint8Array): Uint8Array => pack([space.meta, "import"], prefix);
