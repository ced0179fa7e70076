/** Checks that each entry of an index belongs to a record. */

import { equalBytes, firstGreaterOrEqual, keyAfter } from "../../engine/index.js";
import {
  type Bytes,
  dataKey,
  decodeEntry,
  type LayerContext,
  loadRow,
  type MaintainedIndex,
  type Maintenance,
  prefixRange,
} from "../../layer/index.js";
import type { CheckStep, Problem } from "./check-report.js";
import { isCorrupt } from "./stored-groups.js";

/** Looks up the records of the next entries of an index, at one version; `repair` removes entries that have none. */
export async function checkEntries(
  ctx: LayerContext,
  maintenance: Maintenance,
  index: MaintainedIndex,
  begin: Bytes,
  limit: number,
  repair: boolean,
): Promise<CheckStep> {
  const { end } = prefixRange(index.prefix);
  const batch = await ctx.tx.getRange(firstGreaterOrEqual(begin), firstGreaterOrEqual(end), {
    snapshot: true,
    limit,
  });
  const problems = await Promise.all(
    batch.rows.map(([key, value]) => checkOne(ctx, maintenance, index, key, value, repair)),
  );
  const last = batch.rows.at(-1);
  const next = batch.more && last !== undefined ? keyAfter(last[0]) : undefined;
  return { next, compared: batch.rows.length, problems: problems.flat() };
}

async function checkOne(
  ctx: LayerContext,
  { layout }: Maintenance,
  index: MaintainedIndex,
  key: Bytes,
  value: Bytes,
  repair: boolean,
): Promise<Problem[]> {
  const found = tryDecode(ctx, index, layout.keyFields.length, key, value);
  const name = { source: index.info.source, index: index.info.name };
  if (found !== undefined) {
    const rowKey = dataKey(ctx, layout.info, found.pk);
    const stored = await ctx.tx.get(rowKey, true);
    if (stored !== undefined && (await stands(ctx, layout, index, key, rowKey, stored, found.pk))) return [];
    if (repair) ctx.tx.addReadConflictRange(rowKey, keyAfter(rowKey));
  }
  if (repair) {
    ctx.tx.addReadConflictRange(key, keyAfter(key));
    ctx.tx.clear(key);
  }
  const detail = found === undefined ? "the entry cannot be read" : "no record has this entry";
  return [{ kind: "orphan-entry", ...name, record: (found?.pk ?? []).map(String), detail, repaired: repair }];
}

function tryDecode(ctx: LayerContext, index: MaintainedIndex, keyLength: number, key: Bytes, value: Bytes) {
  try {
    const entry = decodeEntry(ctx.tenant, index.info, keyLength, key, value);
    return entry.pk.length === keyLength ? entry : undefined;
  } catch {
    return undefined;
  }
}

/** A damaged record is reported with the records; its entries are left alone. */
async function stands(
  ctx: LayerContext,
  layout: Maintenance["layout"],
  index: MaintainedIndex,
  key: Bytes,
  rowKey: Bytes,
  stored: Bytes,
  pk: Parameters<MaintainedIndex["entries"]>[1],
): Promise<boolean> {
  try {
    const row = await loadRow(ctx.tx, layout, ctx.tenant, rowKey, stored, pk, true);
    return index.entries(row, pk, false).some((entry) => equalBytes(entry.key, key));
  } catch (error) {
    if (isCorrupt(error)) return true;
    throw error;
  }
}
