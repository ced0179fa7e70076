/** Validates inside a transaction that its tenant still exists and that the cached index lists are current. */

import { equalBytes, keyAfter } from "../../engine/index.js";
import {
  metadataVersionKey,
  parseTenantVersion,
  refuseCopied,
  type Tenant,
  tenantGone,
  versionKey,
} from "../../tenant/index.js";
import { type Bytes, EMPTY, type KeyRange, metaKeys } from "../keys/index.js";
import {
  readRegistrations,
  type SourceMetadata,
  sourceMetadata,
  type TenantMetadata,
} from "../metadata/index.js";
import type { LayerContext } from "./layer-context.js";

const INCARNATION_BYTES = 16;

/**
 * Makes sure in this transaction that the tenant is the one that the handle was opened on.
 *
 * Costs the free read of the metadata version; after a migration anywhere in the cluster, once, one point read.
 *
 * @throws TenantGoneError
 */
export async function verifyTenant(ctx: LayerContext): Promise<void> {
  if (ctx.attempt.validated === undefined) await validate(ctx);
}

/**
 * The registrations of a source, valid at this transaction's read version and until its commit: a migration of this
 * tenant that commits in between makes the transaction conflict.
 *
 * Costs nothing while nothing has changed; a source that is read for the first time costs one range read.
 *
 * @throws TenantGoneError
 */
export async function metadataOf(ctx: LayerContext, source: string): Promise<SourceMetadata> {
  const entry = ctx.attempt.validated ?? (await validate(ctx));
  return entry.sources.get(source) ?? (await load(ctx, entry, source));
}

/** As {@link metadataOf}, when the answer is known in this attempt already. */
export function knownMetadataOf(ctx: LayerContext, source: string): SourceMetadata | undefined {
  return ctx.attempt.validated?.sources.get(source);
}

function validate(ctx: LayerContext): Promise<TenantMetadata> {
  const { attempt } = ctx;
  attempt.validating ??= startValidation(ctx);
  return attempt.validating;
}

/** No writer waits for metadata: a snapshot read of the free global version, and a conflict on the tenant's own key. */
async function startValidation(ctx: LayerContext): Promise<TenantMetadata> {
  const { tx, tenant, metadata, attempt } = ctx;
  const guard = guardRange(tenant);
  tx.addReadConflictRange(guard.begin, guard.end);
  const global = (await tx.get(metadataVersionKey, true)) ?? EMPTY;
  const known = metadata.get(tenant);
  let entry = known;
  if (known === undefined || !equalBytes(known.global, global)) {
    const version = await tx.get(guard.begin, true);
    checkIncarnation(tenant, version);
    if (known !== undefined && equalBytes(known.version, version)) {
      if (Buffer.compare(global, known.global) > 0) known.global = global;
    } else {
      refuseCopied(tenant.id, parseTenantVersion(version)?.copied);
      entry = { version, sources: new Map(), global };
      metadata.offer(tenant, entry);
    }
  }
  attempt.validated = entry as TenantMetadata;
  return attempt.validated;
}

function checkIncarnation(tenant: Tenant, version: Bytes | undefined): asserts version is Bytes {
  if (version !== undefined && equalBytes(version.subarray(0, INCARNATION_BYTES), tenant.incarnation)) return;
  throw tenantGone(tenant.id);
}

const guards = new WeakMap<Tenant, KeyRange>();

/** The tenant's version key as a conflict range. */
function guardRange(tenant: Tenant): KeyRange {
  let guard = guards.get(tenant);
  if (guard === undefined) {
    const begin = versionKey(tenant.prefix);
    guard = { begin, end: keyAfter(begin) };
    guards.set(tenant, guard);
  }
  return guard;
}

/** However many operations need the registrations at once, they are read once. */
function load(ctx: LayerContext, entry: TenantMetadata, source: string): Promise<SourceMetadata> {
  const { loading } = ctx.attempt;
  let reading = loading.get(source);
  if (reading === undefined) {
    reading = read(ctx, entry, source).finally(() => loading.delete(source));
    loading.set(source, reading);
  }
  return reading;
}

async function read(ctx: LayerContext, entry: TenantMetadata, source: string): Promise<SourceMetadata> {
  const registered = await readRegistrations(ctx.tx, ctx.tenant, metaKeys.indexes(ctx.tenant, source));
  const loaded = sourceMetadata(source, registered, entry.version);
  entry.sources.set(source, loaded);
  return loaded;
}
