/** What a cursor notes of a node beside its query: schemas of its rows, and queries that a function has made. */

import { createHash } from "node:crypto";
import type { SchemaInfo } from "../../schema/index.js";

/** What a node shows beyond its query: which rows of which schemas, and queries that a function has made. */
export interface NodeIdentity {
  readonly schemas: Set<SchemaInfo>;
  /** Some children of `each`, by the path of their ids: what their query is cannot be told from the function's text. */
  readonly children: Map<string, string>;
}

export const newIdentity = (): NodeIdentity => ({ schemas: new Set(), children: new Map() });

/** Children of one list that a cursor notes. */
export const notedChildren = 3;

const digest = (text: string, length: number): string =>
  createHash("sha256").update(text).digest("base64url").slice(0, length);

/** The path of a child; long ids by their digest. */
export const childPath = (parent: string, id: string): string =>
  `${parent}/${id.length <= 32 ? id : digest(id, 16)}`;

const known = new WeakMap<SchemaInfo, readonly [source: string, hash: string]>();

/**
 * A source and its shape, as text of fixed length: rows from before a change of fields or types cannot be told from
 * rows after.
 */
export function schemaHash(info: SchemaInfo): readonly [source: string, hash: string] {
  let hash = known.get(info);
  if (hash === undefined) {
    const fields = info.fields.map((field) => [field.name, field.type.name]);
    hash = [digest(info.source, 6), digest(JSON.stringify([info.source, fields]), 12)];
    known.set(info, hash);
  }
  return hash;
}
