/** The contract for everything that Sync reads in a transaction; `LayerReader` fulfils it. */

import type { Watch } from "../../engine/index.js";
import type { LogBatch, SourceMetadata } from "../../layer/index.js";
import type { QueryAst } from "../../query/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import type { TupleItem, Versionstamp } from "../../tuple/index.js";

/** The rows of a query and the total order they stand in. */
export interface ReadResult {
  readonly rows: readonly object[];
  readonly compare: (a: object, b: object) => number;
}

/** Reads in one transaction, at one version. */
export interface Reader {
  readonly tenant: Tenant;
  readonly version: bigint;
  metadata(source: string): Promise<SourceMetadata>;
  /** Entries of commits after `after`, up to this version. */
  log(
    source: string,
    after: bigint | Versionstamp,
    options?: { limit?: number; following?: boolean },
  ): Promise<LogBatch>;
  /** The version of a source's newest change; 0 when there is none. */
  head(source: string): Promise<bigint>;
  /** @throws TenantGoneError */
  verify(): Promise<void>;
  row(info: SchemaInfo, pk: readonly TupleItem[]): Promise<object | null>;
  /** Whole rows in the query's order, `limit` at most, behind the row `after` when it is given. */
  rows(ast: QueryAst, info: SchemaInfo, limit?: number, after?: object): Promise<ReadResult>;
  /** Whole rows of a source in the order of their primary keys, behind a packed one when it is given. */
  page(info: SchemaInfo, limit: number, after?: Uint8Array): Promise<readonly object[]>;
  watch(key: Uint8Array): Watch;
}
