/** Counts the records of a source that is too large for one transaction, while writers go on. */

import { transact } from "../../engine/index.js";
import { createContext, type IndexInfo, isTally, maintenanceOf, metadataOf } from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import type { Definition } from "../define/index.js";
import { acquire, type MigrateOptions, type MigrationHost, Worker } from "../run/index.js";
import { ClaimLost } from "../store/index.js";
import { type Difference, differencesOf, readValues } from "./counter-difference.js";
import { isCorrupt } from "./stored-groups.js";

const SUFFIX = "__check";

/**
 * Counts the records of a source that is too large for one transaction: a second counter is built beside each one,
 * as a migration would build it, and both are compared at one version.
 */
export async function countUnderWriters(
  host: MigrationHost,
  tenant: Tenant,
  info: SchemaInfo,
  options: MigrateOptions,
): Promise<{ readonly differences: readonly Difference[]; readonly counters: number }> {
  const engine = await host.engine();
  for (;;) {
    const claim = await acquire(host.metadata, engine, tenant, async () => false, options);
    if (claim === undefined) continue;
    const worker = new Worker(host, engine, tenant, claim, options);
    try {
      const { indexes } = await transact(engine, (tx) =>
        metadataOf(createContext(tx, tenant, host.metadata), info.source),
      );
      const shadows = indexes.flatMap((index) => shadowOf(info, index));
      try {
        await worker.buildAside(shadows);
        return await transact(engine, (tx) => compare(createContext(tx, tenant, host.metadata), info));
      } catch (error) {
        // What a damaged record counts for cannot be known; the check of the records has named it.
        if (isCorrupt(error)) return { differences: [], counters: 0 };
        throw error;
      } finally {
        await worker.dropAside(shadows);
        await worker.release();
      }
    } catch (error) {
      if (error instanceof ClaimLost) continue;
      throw error;
    }
  }
}

function shadowOf(info: SchemaInfo, index: IndexInfo): Definition[] {
  if (!isTally(index) || index.state !== "readable" || index.name.endsWith(SUFFIX)) return [];
  return [{ schema: info, index: { ...index, name: `${index.name}${SUFFIX}` } }];
}

async function compare(ctx: ReturnType<typeof createContext>, info: SchemaInfo) {
  const { counters } = maintenanceOf(ctx.tenant, info, await metadataOf(ctx, info.source));
  const differences: Difference[] = [];
  let compared = 0;
  for (const index of counters) {
    const shadow = counters.find((one) => one.info.name === `${index.info.name}${SUFFIX}`);
    if (shadow === undefined) continue;
    const [stored, counted] = await Promise.all([readValues(ctx, index), readValues(ctx, shadow)]);
    const moved = [...counted.values()].map(({ key, count }) => {
      const own = Buffer.concat([index.prefix, key.subarray(shadow.prefix.length)]);
      return [own.toString("latin1"), { key: own, count }] as const;
    });
    compared += Math.max(stored.size, counted.size);
    differences.push(...differencesOf(index, new Map(moved), stored));
  }
  return { differences, counters: compared };
}
