/** Notes of unique indexes that could not be built, so that the rest of a release goes on without them. */

import { readRangeAll, type Transaction } from "../../engine/index.js";
import type { UniqueBuildError } from "../../errors.js";
import type { StoredValue } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import { unpack } from "../../tuple/index.js";
import { decodeMeta, encodeMeta } from "../codec/index.js";
import { type KeyRange, metaKeys } from "../keys/index.js";
import type { IndexInfo } from "./index-info.js";

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

/** Those of all sources: one range read, with conflict. */
export const readFailed = (tx: Transaction, tenant: Tenant): Promise<FailedBuild[]> =>
  readNotes(tx, tenant, metaKeys.allFailed(tenant), false);

/** Those of one source, as a snapshot: for what is told about a refusal. */
export const readFailedOf = (tx: Transaction, tenant: Tenant, source: string): Promise<FailedBuild[]> =>
  readNotes(tx, tenant, metaKeys.failedOf(tenant, source), true);

async function readNotes(
  tx: Transaction,
  tenant: Tenant,
  { begin, end }: KeyRange,
  snapshot: boolean,
): Promise<FailedBuild[]> {
  const rows = await readRangeAll(tx, begin, end, { snapshot });
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
