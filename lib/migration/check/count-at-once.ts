/** Counts the records of a source in one transaction and compares its counters with the result. */

import type { Bytes, LayerContext, Maintenance } from "../../layer/index.js";
import { type Difference, differencesOf, readValues } from "./counter-difference.js";
import { type Group, isCorrupt, readGroups, rowOfGroup } from "./stored-groups.js";

const STEP_BYTES = 500_000;

/** Counts all records of a source at one version; `undefined` when there are too many for one transaction. */
export async function countAtOnce(
  ctx: LayerContext,
  maintenance: Maintenance,
  milliseconds: number,
): Promise<{ readonly differences: readonly Difference[]; readonly counters: number } | undefined> {
  const counters = maintenance.counters.filter((index) => index.info.state === "readable");
  const counts = counters.map(() => new Map<string, { readonly key: Bytes; count: bigint }>());
  const startedAt = performance.now();
  let begin: Bytes | undefined = maintenance.keys.dataRange.begin;
  let damaged = false;
  while (begin !== undefined) {
    if (performance.now() - startedAt > milliseconds) return undefined;
    const { groups, next } = await readGroups(ctx, maintenance, begin, STEP_BYTES);
    for (const group of groups) {
      const row = tryRow(ctx, maintenance, group);
      damaged ||= row === undefined;
      counters.forEach((index, i) => {
        // A damaged record is a record still; only what it holds is unknown.
        const tally = row === undefined ? { key: index.prefix, amount: 1n } : index.tally(row);
        if (tally === undefined) return;
        const { key, amount } = tally;
        const text = Buffer.from(key).toString("latin1");
        const known = counts[i]?.get(text);
        if (known === undefined) counts[i]?.set(text, { key, count: amount });
        else known.count += amount;
      });
    }
    begin = next;
  }
  const differences: Difference[] = [];
  let compared = 0;
  for (const [i, index] of counters.entries()) {
    const counted = counts[i] as Map<string, { readonly key: Bytes; count: bigint }>;
    if (damaged && (index.info.kind === "sum" || index.columns.length > 0 || index.info.where !== undefined))
      continue;
    const stored = await readValues(ctx, index);
    compared += Math.max(counted.size, stored.size);
    differences.push(...differencesOf(index, counted, stored));
  }
  return { differences, counters: compared };
}

function tryRow(ctx: LayerContext, maintenance: Maintenance, group: Group) {
  try {
    return rowOfGroup(ctx, maintenance, group);
  } catch (error) {
    if (isCorrupt(error)) return undefined;
    throw error;
  }
}
