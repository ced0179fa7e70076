/** Asks the indexer of a custom index where a query's entries are, and reads record keys out of them. */

import { type IndexInfo, indexerNamed, indexPrefix, type KeyRange, keysOfIndex } from "../../layer/index.js";
import type { Tenant } from "../../tenant/index.js";
import { type TupleItem, unpack } from "../../tuple/index.js";
import { keyFields, type QueryAst } from "../words/index.js";

/** Where the indexer says that the entries are. */
export function customRange(tenant: Tenant, ast: QueryAst, index: IndexInfo): KeyRange {
  const conditions = Object.fromEntries(ast.where.map(({ field, value }) => [field, value]));
  const prefix = indexPrefix(tenant, index);
  return indexerNamed(index.indexer!, index).range!({ tenant, index, ...keysOfIndex(prefix) }, conditions);
}

/** The keys of a custom index end in the record's key. */
export const customRecordKey = (tenant: Tenant, ast: QueryAst, raw: Uint8Array): readonly TupleItem[] =>
  unpack(raw, tenant.prefix.length).slice(-keyFields(ast.info).length);
