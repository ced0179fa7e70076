/** Options of migrating a tenant, and the progress it reports. */

import type { UniqueBuildError } from "../../errors.js";
import type { Tenant } from "../../tenant/index.js";
import type { StepOptions } from "../build/index.js";
import type { AllowedMismatch } from "../store/index.js";

/** Options of `Migrator.up`. */
export interface MigrateOptions extends StepOptions {
  /** Where the tenant and the list disagree, go on all the same; see `MigrationMismatchError`. Default: refuse. */
  readonly allow?: readonly AllowedMismatch[];
  /** Tries again to build unique indexes that could not be built. Default false; true for `Migrator.up`. */
  readonly retry?: boolean;
  /**
   * Told of each unique index that could not be built, now or before. Default: the first one is thrown, when all else is
   * applied.
   */
  readonly onFailed?: (failed: UniqueBuildError) => void;
  /** Milliseconds without a sign of life after which another worker's claim is taken over, default 5,000. */
  readonly staleClaimMs?: number;
  /** Told after each step, and after each version that was applied. Default: nobody is. */
  readonly onProgress?: (progress: MigrationProgress) => void;
  /** Ends the work between two steps: the call rejects with its reason, and a later one goes on. Default: none. */
  readonly signal?: AbortSignal;
}

/** Told after each step, and after each version that was applied. */
export interface MigrationProgress {
  /** The tenant that is being migrated. */
  readonly tenant: Tenant;
  /** The version of the migration at work. */
  readonly version: number;
  /** The name of its class. */
  readonly name: string;
  /** The source whose records are being read; null once the version is applied. */
  readonly source: string | null;
  /** The names of the indexes that are being built. */
  readonly indexes: readonly string[];
  /** Records read so far for this version; of a step that changes data, the records that it has written. */
  readonly rows: number;
  /** Bytes of records read so far for this version. */
  readonly bytes: number;
  /** An estimate of the bytes there are. */
  readonly totalBytes: number;
  /** Whether the version is applied. */
  readonly applied: boolean;
}
