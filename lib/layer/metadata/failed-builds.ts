/** Notes of unique indexes that could not be built, so that the rest of a release goes on without them. */

import type { Transaction } from "../../engine/index.js";
import type { UniqueBuildError } from "../../errors.js";
import type { StoredValue } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import { decodeMeta, encodeMeta } from "../codec/index.js";
import { type Bytes, metaKeys } from "../keys/index.js";
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

export function decodeFailed(source: string, name: string, value: Bytes): FailedBuild {
  return { source, name, ...(decodeMeta(value) as unknown as Omit<FailedBuild, "source" | "name">) };
}
