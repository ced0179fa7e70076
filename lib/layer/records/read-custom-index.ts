/** Reads records through a custom index, in the key range that its indexer gives. */

import { firstGreaterOrEqual, keyAfter } from "../../engine/index.js";
import { UnsupportedQueryError } from "../../errors.js";
import type { SchemaInfo } from "../../schema/index.js";
import { type TupleItem, unpack } from "../../tuple/index.js";
import { layoutOf } from "../codec/index.js";
import { type LayerContext, metadataOf } from "../context/index.js";
import { indexerNamed, keysOfIndex } from "../indexes/index.js";
import { sourceKeys } from "../keys/index.js";
import type { IndexInfo } from "../metadata/index.js";
import { readRecord } from "./read-record.js";

export interface CustomReadOptions {
  /** Entries at most; absent is all. */
  readonly limit?: number;
  readonly reverse?: boolean;
  readonly snapshot?: boolean;
}

/**
 * The records that a custom index finds for some conditions, in the order of its keys: one range read, and one point
 * read for each entry, all at once. What the conditions mean is the indexer's own affair.
 *
 * @example await readCustomIndex<User>(ctx, schemaOf(User), "users_by_length", { name: "Ada" });
 * @throws UnsupportedQueryError when there is no such index, it is not complete, or its indexer answers no queries
 */
export async function readCustomIndex<T extends object>(
  ctx: LayerContext,
  info: SchemaInfo,
  name: string,
  conditions: Readonly<Record<string, unknown>>,
  options: CustomReadOptions = {},
): Promise<T[]> {
  const { indexes } = await metadataOf(ctx, info.source);
  const index = indexes.find((one) => one.name === name);
  const keys = await findKeys(ctx, info, usable(info, name, index), conditions, options);
  const snapshot = options.snapshot === true;
  const records = await Promise.all(keys.map((pk) => readRecord<T>(ctx, info, pk, { snapshot })));
  return records.filter((record) => record !== null);
}

function usable(info: SchemaInfo, name: string, index: IndexInfo | undefined): IndexInfo {
  if (index?.kind === "custom" && index.state === "readable") return index;
  const why =
    index === undefined
      ? "does not exist"
      : index.kind !== "custom"
        ? "is no custom index"
        : index.state === "writeOnly"
          ? "is still being built"
          : "is being dropped";
  throw new UnsupportedQueryError(
    `The index "${name}" of ${info.name} ${why}; create it in a migration: ` +
      `create(index(${info.name}, ["field"], { name: "${name}", indexer: "…" })).`,
  );
}

async function findKeys(
  ctx: LayerContext,
  info: SchemaInfo,
  index: IndexInfo,
  conditions: Readonly<Record<string, unknown>>,
  { limit = 0, reverse = false, snapshot = false }: CustomReadOptions,
): Promise<readonly (readonly TupleItem[])[]> {
  const { tenant } = ctx;
  const prefix = sourceKeys(tenant, index.source).named("index", index.name);
  const range = indexerNamed(index.indexer as string, index).range?.(
    { tenant, index, ...keysOfIndex(prefix) },
    conditions,
  );
  if (range === undefined) {
    throw new UnsupportedQueryError(
      `The indexer "${index.indexer}" of the index "${index.name}" answers no queries; give it a range function.`,
    );
  }
  const width = layoutOf(info).keyFields.length;
  const found: TupleItem[][] = [];
  let { begin, end } = range;
  while (Buffer.compare(begin, end) < 0 && (limit === 0 || found.length < limit)) {
    const batch = await ctx.tx.getRange(firstGreaterOrEqual(begin), firstGreaterOrEqual(end), {
      limit: limit === 0 ? 0 : limit - found.length,
      reverse,
      snapshot,
    });
    for (const [key] of batch.rows) found.push(unpack(key, prefix.length).slice(-width));
    const last = batch.rows.at(-1);
    if (!batch.more || last === undefined) break;
    if (reverse) end = last[0];
    else begin = keyAfter(last[0]);
  }
  return found;
}
