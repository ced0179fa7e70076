/** What a cursor notes of a node beside its query: schemas of its rows, and queries that a function has made. */

import { createHash } from "node:crypto";
import type { SchemaInfo } from "../../schema/index.js";

/** A sum of hashes of 6 bytes: equal for equal things in any order. */
export type HashSum = number;

const sumSize = 2 ** 48;

export const plus = (a: HashSum, b: HashSum): HashSum => (a + b) % sumSize;

export const hashSumOf = (...parts: readonly string[]): HashSum =>
  createHash("sha256").update(JSON.stringify(parts)).digest().readUIntBE(0, 6);

/** What a function has made for some ids: which queries, and the schemas of their rows. */
export interface Made {
  readonly queries: HashSum;
  readonly schemas: HashSum;
}

/** What a node shows beyond its query. */
export interface NodeIdentity {
  /** Those that follow from the query itself. */
  readonly schemas: Set<SchemaInfo>;
  /** By the functions of `each`: what these make cannot be told from their text. */
  made: Made;
}

export const nothingMade: Made = Object.freeze({ queries: 0, schemas: 0 });

export const newIdentity = (): NodeIdentity => ({ schemas: new Set(), made: nothingMade });

export const addMade = (a: Made, b: Made): Made => ({
  queries: plus(a.queries, b.queries),
  schemas: plus(a.schemas, b.schemas),
});

const schemaHashes = new WeakMap<SchemaInfo, readonly [source: string, hash: string]>();

/** A source and its shape: rows from before a change of fields or types cannot be told from rows after. */
export function schemaHash(info: SchemaInfo): readonly [source: string, hash: string] {
  let hash = schemaHashes.get(info);
  if (hash === undefined) {
    const fields = info.fields.map((field) => [field.name, field.type.name]);
    const shape = createHash("sha256").update(JSON.stringify([info.source, fields]));
    hash = [info.source, shape.digest("base64url").slice(0, 12)];
    schemaHashes.set(info, hash);
  }
  return hash;
}
