/** Primary keys of rows as strings, by which maps and sets find them. */

import { layoutOf } from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import { pack, type TupleItem } from "../../tuple/index.js";

/** Bytes as a string whose order is the order of the bytes. */
export const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");

/** The primary key's bytes as a string. */
export const rowKey = (pk: readonly TupleItem[]): string => latin1(pack(pk));

/** What changes call `key`: the primary key's value; of several fields a list of their values, as `one` takes it. */
export function idOfRow(info: SchemaInfo, row: object): unknown {
  const values = row as Readonly<Record<string, unknown>>;
  const { keyFields } = info;
  if (keyFields.length > 1) return Object.freeze(keyFields.map(({ name }) => values[name]));
  return values[info.primaryKey.name];
}

/** A row's key as a string, and what its changes call `key`. */
export function keyOfRow(info: SchemaInfo, row: object): { key: string; id: unknown } {
  return { key: rowKey(layoutOf(info).keyOf(row)), id: idOfRow(info, row) };
}
