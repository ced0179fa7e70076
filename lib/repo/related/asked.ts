/** What is asked of a relation: the records related to each of some records; and how values of keys are told apart. */

import type { LayerContext } from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import { keyText } from "./key-text.js";

export type Row = Record<string, unknown>;

export interface Asked {
  readonly layer: LayerContext;
  /** Of the records. */
  readonly info: SchemaInfo;
  readonly records: readonly Row[];
  /** Reads take no part in conflicts. */
  readonly snapshot: boolean;
}

/** The related records by the record that they belong to, in their order; a record without any may be missing. */
export type Related = ReadonlyMap<Row, readonly Row[]>;

/** A key value as text, for finding rows by it. */
export function textOf(info: SchemaInfo, field: string, value: unknown): string {
  const { type } = info.field(field);
  return keyText([type.toKey === undefined ? String(value) : type.toKey(value)]);
}
