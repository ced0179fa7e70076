/** Notes of unique indexes that could not be built, so that the rest of a release goes on without them. */

import { readRangeAll, type Transaction } from "../../engine/index.js";
import type { UniqueBuildError } from "../../errors.js";
import { decodeMeta, encodeMeta, type IndexInfo, metaKeys } from "../../layer/index.js";
import type { StoredValue } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import { unpack } from "../../tuple/index.js";

/** A unique index that is not there because records have the same values. */
export interface FailedBuild {
  readonly source: string;
  readonly name: string;
  readonly fields: readonly string[];
  /** The migration that it belongs to. */
  readonly version: number;
  /** ISO 8601. */
  readonly failedAt: string;
  /** Pairs of keys of records that have the same values, up to a hundred. */
  readonly duplicates: UniqueBuildError["duplicates"];
}

/** One range read, with conflict. */
export async function readFailed(tx: Transaction, tenant: Tenant): Promise<FailedBuild[]> {
  const { begin, end } = metaKeys.allFailed(tenant);
  const rows = await readRangeAll(tx, begin, end);
  return rows.map(([key, value]) => {
    const items = unpack(key, tenant.prefix.length);
    const note = decodeMeta(value) as unknown as Omit<FailedBuild, "source" | "name">;
    return { source: items[2] as string, name: items[3] as string, ...note };
  });
}

export function noteFailed(tx: Transaction, tenant: Tenant, { source, name, ...note }: FailedBuild): void {
  tx.set(metaKeys.failed(tenant, source, name), encodeMeta(note as unknown as StoredValue));
}

/** The index is built, or nobody wants it any more. */
export function forgetFailed(
  tx: Transaction,
  tenant: Tenant,
  index: Pick<IndexInfo, "source" | "name">,
): void {
  tx.clear(metaKeys.failed(tenant, index.source, index.name));
}
