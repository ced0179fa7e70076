import type { KeyValue, Transaction } from "../../engine/index.js";
import { equalBytes, firstGreaterOrEqual, keyAfter } from "../../engine/index.js";
import { metadataVersionKey, type Tenant, tenantGone, versionKey } from "../../tenant/index.js";
import { unpack } from "../../tuple/index.js";
import type { KeyRange } from "../keys/index.js";
import { type Bytes, EMPTY, keyText, metaKeys } from "../keys/index.js";
import type { LayerContext } from "./context.js";
import { decodeIndexInfo, type IndexInfo } from "./index-info.js";

/** What is registered for one source of a tenant. */
export interface SourceMetadata {
  readonly source: string;
  /** All registrations, in the order of their names. */
  readonly indexes: readonly IndexInfo[];
  /** Whether changes are logged: there is a `create(metadata(S))` or `create(metadata(S, by))`. */
  readonly logged: boolean;
  /** The fields of each `create(metadata(S, by))`. */
  readonly groups: readonly (readonly string[])[];
  /** The tenant's version at which this list holds. */
  readonly version: Bytes;
}

/** The metadata of a tenant at one of its versions. */
export interface TenantMetadata {
  /** Incarnation (16 bytes) and versionstamp of the last change (10 bytes). */
  readonly version: Bytes;
  readonly sources: Map<string, SourceMetadata>;
  /** The newest global version that is known to go with `version`. */
  global: Bytes;
}

const INCARNATION_BYTES = 16;

/** Index lists by tenant, shared by all handles of a tenant; one for a Repo. Keeps the most recently loaded tenants. */
export class MetadataCache {
  private readonly tenants = new Map<string, TenantMetadata>();

  /** @param limit tenants that are remembered, default 10,000 */
  constructor(private readonly limit = 10_000) {}

  /** @internal */
  get(tenant: Tenant): TenantMetadata | undefined {
    return this.tenants.get(cacheKey(tenant));
  }

  /** @internal Keeps the newer of the known and the given entry. */
  offer(tenant: Tenant, entry: TenantMetadata): void {
    const key = cacheKey(tenant);
    const known = this.tenants.get(key);
    if (known !== undefined && Buffer.compare(known.global, entry.global) > 0) return;
    this.tenants.delete(key);
    this.tenants.set(key, entry);
    if (this.tenants.size <= this.limit) return;
    const oldest = this.tenants.keys().next();
    if (oldest.done === false) this.tenants.delete(oldest.value);
  }

  /** Forgets a tenant, for example when it was deleted. */
  forget(tenant: Tenant): void {
    this.tenants.delete(cacheKey(tenant));
  }
}

const cacheKeys = new WeakMap<Tenant, string>();

function cacheKey(tenant: Tenant): string {
  let key = cacheKeys.get(tenant);
  if (key === undefined) {
    key = keyText(tenant.prefix) + keyText(tenant.incarnation);
    cacheKeys.set(tenant, key);
  }
  return key;
}

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

async function load(ctx: LayerContext, entry: TenantMetadata, source: string): Promise<SourceMetadata> {
  const indexes = await readIndexes(ctx.tx, ctx.tenant, metaKeys.indexes(ctx.tenant, source));
  const loaded = sourceMetadata(source, indexes, entry.version);
  entry.sources.set(source, loaded);
  return loaded;
}

/** Registrations in a key range, as a snapshot: the version key is what guards them. */
export async function readIndexes(tx: Transaction, tenant: Tenant, range: KeyRange): Promise<IndexInfo[]> {
  const indexes: IndexInfo[] = [];
  let begin = range.begin;
  for (;;) {
    const batch = await tx.getRange(firstGreaterOrEqual(begin), firstGreaterOrEqual(range.end), {
      snapshot: true,
    });
    for (const row of batch.rows) indexes.push(registrationOf(tenant, row));
    const last = batch.rows.at(-1);
    if (!batch.more || last === undefined) return indexes;
    begin = keyAfter(last[0]);
  }
}

function registrationOf(tenant: Tenant, [key, value]: KeyValue): IndexInfo {
  const items = unpack(key, tenant.prefix.length);
  return decodeIndexInfo(items[2] as string, items[3] as string, value);
}

/** The summary of a list of registrations. */
export function sourceMetadata(
  source: string,
  indexes: readonly IndexInfo[],
  version: Bytes,
): SourceMetadata {
  const heads = indexes.filter((index) => index.kind === "metadata" && index.state !== "deleteOnly");
  return Object.freeze({
    source,
    indexes: Object.freeze([...indexes]),
    logged: heads.length > 0,
    groups: Object.freeze(heads.filter((index) => index.fields.length > 0).map((index) => index.fields)),
    version,
  });
}
