/** Options of migrating a tenant, and the progress it reports. */

import type { UniqueBuildError } from "../../errors.js";
import type { Tenant } from "../../tenant/index.js";
import type { StepOptions } from "../build/index.js";
import type { AllowedMismatch } from "../store/index.js";

export interface MigrateOptions extends StepOptions {
  /** Where the tenant and the list disagree, go on all the same; see `MigrationMismatchError`. Default: refuse. */
  readonly allow?: readonly AllowedMismatch[];
  /** Tries again to build unique indexes that could not be built. Default false; true for `Migrator.up`. */
  readonly retry?: boolean;
  /**
   * Told of each unique index that could not be built, now or before. Without it the first one is thrown, when all else
   * is applied.
   */
  readonly onFailed?: (failed: UniqueBuildError) => void;
  /** Milliseconds without a sign of life after which another worker's claim is taken over, default 5,000. */
  readonly staleClaimMs?: number;
  readonly onProgress?: (progress: MigrationProgress) => void;
  readonly signal?: AbortSignal;
}

/** Told after each step, and after each version that was applied. */
export interface MigrationProgress {
  readonly tenant: Tenant;
  readonly version: number;
  readonly name: string;
  /** The source whose records are being read; null once the version is applied. */
  readonly source: string | null;
  readonly indexes: readonly string[];
  /**
   * Records and bytes read so far for this version, and an estimate of the bytes there are; of a step that changes data,
   * the records that it has written.
   */
  readonly rows: number;
  readonly bytes: number;
  readonly totalBytes: number;
  readonly applied: boolean;
}
