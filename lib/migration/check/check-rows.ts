/** Checks the records of a source against their chunks and their index entries. */

import { keyAfter } from "../../engine/index.js";
import {
  type Bytes,
  continuesTuple,
  type LayerContext,
  type MaintainedIndex,
  type Maintenance,
  pkOfDataKey,
  tellsSame,
} from "../../layer/index.js";
import type { TupleItem } from "../../tuple/index.js";
import type { CheckStep, Problem } from "./check-report.js";
import { type Group, isCorrupt, readGroups, rowOfGroup } from "./stored-groups.js";

/**
 * Compares the next records of a source with their chunks and with their entries in every index, at one version.
 * With `repair`, entries are put right in the same transaction, which then depends on the records it read.
 */
export async function checkRows(
  ctx: LayerContext,
  maintenance: Maintenance,
  begin: Bytes,
  stepBytes: number,
  repair: boolean,
): Promise<CheckStep> {
  const { groups, orphans, next } = await readGroups(ctx, maintenance, begin, stepBytes);
  const problems: Problem[] = [];
  const { source } = maintenance.layout.info;
  for (const key of orphans) {
    if (repair) {
      ctx.tx.addReadConflictRange(key, keyAfter(key));
      ctx.tx.clear(key);
    }
    const detail = "a chunk without a record";
    problems.push({
      kind: "orphan-chunk",
      source,
      index: null,
      record: textOf(ctx, maintenance, key),
      detail,
      repaired: repair,
    });
  }
  const indexes = maintenance.indexes.filter((index) => index.info.state === "readable");
  const found = await Promise.all(groups.map((group) => checkRow(ctx, maintenance, indexes, group, repair)));
  return { next, compared: groups.length, problems: [...problems, ...found.flat()] };
}

async function checkRow(
  ctx: LayerContext,
  maintenance: Maintenance,
  indexes: readonly MaintainedIndex[],
  group: Group,
  repair: boolean,
): Promise<Problem[]> {
  const { layout } = maintenance;
  const { source } = layout.info;
  const pk = pkOfDataKey(ctx, layout, group.key);
  const record = pk.map(String);
  try {
    const row = rowOfGroup(ctx, maintenance, group);
    const problems = await Promise.all(
      indexes.map((index) => checkEntries(ctx, index, row, pk, group.key, repair)),
    );
    return problems.flat();
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    return [
      {
        kind: "damaged-record",
        source,
        index: null,
        record,
        detail: error.message,
        repaired: false,
      },
    ];
  }
}

async function checkEntries(
  ctx: LayerContext,
  index: MaintainedIndex,
  row: Parameters<MaintainedIndex["entries"]>[0],
  pk: readonly TupleItem[],
  key: Bytes,
  repair: boolean,
): Promise<Problem[]> {
  const entries = index.entries(row, pk, false);
  const problems = await Promise.all(entries.map((entry) => checkOne(ctx, index, entry, pk, key, repair)));
  return problems.flat();
}

async function checkOne(
  ctx: LayerContext,
  index: MaintainedIndex,
  entry: ReturnType<MaintainedIndex["entries"]>[number],
  pk: readonly TupleItem[],
  key: Bytes,
  repair: boolean,
): Promise<Problem[]> {
  const stored = await ctx.tx.get(entry.key, true);
  if (stored !== undefined && tellsTheSame(ctx, index, pk.length, entry, stored)) return [];
  const taken = stored !== undefined && entry.owner !== undefined && !continuesTuple(stored, entry.owner);
  const repaired = repair && !taken;
  if (repaired) {
    ctx.tx.addReadConflictRange(key, keyAfter(key));
    ctx.tx.addReadConflictRange(entry.key, keyAfter(entry.key));
    ctx.tx.set(entry.key, entry.value);
  }
  const detail = taken
    ? "the unique value belongs to another record"
    : stored === undefined
      ? "the record has no entry"
      : "the entry's value differs from the record";
  const kind = stored === undefined ? "missing-entry" : "wrong-entry";
  return [
    { kind, source: index.info.source, index: index.info.name, record: pk.map(String), detail, repaired },
  ];
}

/** What cannot be read tells something else. */
function tellsTheSame(
  { tenant }: LayerContext,
  { info }: MaintainedIndex,
  keyLength: number,
  { key, value }: ReturnType<MaintainedIndex["entries"]>[number],
  stored: Bytes,
): boolean {
  try {
    return tellsSame(tenant, info, keyLength, key, stored, value);
  } catch {
    return false;
  }
}

function textOf(ctx: LayerContext, maintenance: Maintenance, key: Bytes): string[] {
  return pkOfDataKey(ctx, maintenance.layout, key).map(String);
}
