/** Options of migrating a tenant, and the progress it reports. */

import type { Tenant } from "../../tenant/index.js";
import type { StepOptions } from "../build/index.js";

export interface MigrateOptions extends StepOptions {
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
  /** Records and bytes read so far for this version, and an estimate of the bytes there are. */
  readonly rows: number;
  readonly bytes: number;
  readonly totalBytes: number;
  readonly applied: boolean;
}
