/** Hashes live queries: for cursors, on every process alike, and for what one process evaluates together. */

import { createHash } from "node:crypto";
import { canonicalHash, type QueryAst } from "../../query/index.js";
import type { SchemaInfo } from "../../schema/index.js";

let objects = 0;
const objectIds = new WeakMap<object, number>();

/** A number by which this process knows a function or a class. */
export function objectId(object: object): number {
  let id = objectIds.get(object);
  if (id === undefined) {
    id = ++objects;
    objectIds.set(object, id);
  }
  return id;
}

export function digest(...parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, 22);
}

/**
 * Filters take part by their text and the values that they refer to in the hash that cursors carry, and by identity in
 * what is shared; so does the class, because another class of the source has other rows.
 */
export function hashOf(ast: QueryAst, info: SchemaInfo): { hash: string; identity: string } {
  const query = canonicalHash(ast);
  if (ast.filters.length === 0) return { hash: query, identity: digest(query, objectId(info)) };
  const bare = canonicalHash({ ...ast, filters: [], captured: [] });
  const captured = ast.captured.map((values) => values ?? null);
  return {
    hash: digest(bare, ast.filters.map(String), captured),
    identity: digest(query, objectId(info), captured),
  };
}
