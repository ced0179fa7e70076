/** Remembers what is registered in each tenant, and at which version of the tenant that holds. */

import type { Tenant } from "../../tenant/index.js";
import { type Bytes, keyText } from "../keys/index.js";
import type { SourceMetadata } from "./source-metadata.js";

/** The metadata of a tenant at one of its versions. */
export interface TenantMetadata {
  /** Incarnation (16 bytes) and versionstamp of the last change (10 bytes). */
  readonly version: Bytes;
  readonly sources: Map<string, SourceMetadata>;
  /** The newest global version that is known to go with `version`. */
  global: Bytes;
}

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
