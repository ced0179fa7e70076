/** What is asked of a relation: the records related to each of some records; and how values of keys are told apart. */

import type { LayerContext } from "../../layer/index.js";
import type { PreloadFunction, QueryAst } from "../../query/index.js";
import type { SchemaInfo } from "../../schema/index.js";

export type Row = Record<string, unknown>;

/** How all relations of one preload are read. */
export interface Reading {
  readonly layer: LayerContext;
  /** Reads take no part in conflicts. */
  readonly snapshot: boolean;
  /** What the Repo makes of each query; undefined: nothing. */
  readonly prepare?: ((query: QueryAst) => QueryAst) | undefined;
  /** Calls a function of the application in the transaction. */
  readonly call: (load: PreloadFunction, ids: readonly unknown[]) => Promise<unknown>;
}

export interface Asked extends Reading {
  /** Of the records. */
  readonly info: SchemaInfo;
  readonly records: readonly Row[];
  /** Which of the related records, in which order and how many for each of the records; undefined: all of them. */
  readonly query?: QueryAst | undefined;
}

/** The related records by the record that they belong to, in their order; a record without any may be missing. */
export type Related = ReadonlyMap<Row, readonly Row[]>;
