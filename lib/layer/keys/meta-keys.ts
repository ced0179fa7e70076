/** Keys of a tenant's bookkeeping: index registrations, build cursors, applied migrations, claims and jobs. */

import { space, type Tenant } from "../../tenant/index.js";
import { pack } from "../../tuple/index.js";
import type { Bytes } from "./bytes.js";
import { type KeyRange, prefixRange } from "./key-range.js";

export const metaKeys = {
  /** One index registration. */
  index: (tenant: Tenant, source: string, name: string): Bytes =>
    pack([space.meta, "index", source, name], tenant.prefix),
  /** The registrations of a source. */
  indexes: (tenant: Tenant, source: string): KeyRange =>
    prefixRange(pack([space.meta, "index", source], tenant.prefix)),
  /** The registrations of all sources. */
  allIndexes: (tenant: Tenant): KeyRange => prefixRange(pack([space.meta, "index"], tenant.prefix)),
  /** How far an index is built: what a record's key has after the source's data prefix; rows before are done. */
  build: (tenant: Tenant, source: string, name: string): Bytes =>
    pack([space.meta, "build", source, name], tenant.prefix),
  /** Two rows with one value, found while their unique index was being built. */
  duplicate: (tenant: Tenant, source: string, name: string): Bytes =>
    pack([space.meta, "duplicate", source, name], tenant.prefix),
  /** Pairs of rows with one value that the build of a unique index has met. */
  duplicates: (tenant: Tenant, source: string, name: string): Bytes =>
    pack([space.meta, "duplicates", source, name], tenant.prefix),
  /** A unique index that could not be built, with the migration that it belongs to: among the registrations, behind its own. */
  failed: (tenant: Tenant, source: string, name: string): Bytes =>
    pack([space.meta, "index", source, name, "failed"], tenant.prefix),
  /** Ten bytes of versionstamp: the log holds nothing up to there. */
  trimmed: (tenant: Tenant, source: string): Bytes => pack([space.meta, "trimmed", source], tenant.prefix),
  /** An applied migration. */
  migration: (tenant: Tenant, version: number | bigint): Bytes =>
    pack([space.meta, "migration", version], tenant.prefix),
  migrations: (tenant: Tenant): KeyRange => prefixRange(pack([space.meta, "migration"], tenant.prefix)),
  /** Who is migrating the tenant, and how far. */
  claim: (tenant: Tenant): Bytes => pack([space.meta, "claim"], tenant.prefix),
  /** How many stages of an unfinished migration are done. */
  stage: (tenant: Tenant, version: number | bigint): Bytes =>
    pack([space.meta, "stage", version], tenant.prefix),
  /** Where a step of an unfinished migration that changes data stands. */
  step: (tenant: Tenant, version: number | bigint): Bytes =>
    pack([space.meta, "step", version], tenant.prefix),
  /** How far a field operation has come. */
  job: (tenant: Tenant, name: string): Bytes => pack([space.meta, "job", name], tenant.prefix),
  /** How far a job of the application has come. */
  work: (tenant: Tenant, name: string): Bytes => pack([space.meta, "work", name], tenant.prefix),
  /** Who is at a job of the application. */
  workClaim: (tenant: Tenant, name: string): Bytes => pack([space.meta, "work-claim", name], tenant.prefix),
} as const;
