import type { TenantHost } from "./host.js";
import type { Tenant } from "./tenant.js";

/** Handles kept for each host; the ones opened longest ago go first. */
const MAX_HANDLES = 10_000;

const caches = new WeakMap<TenantHost, Map<string, Tenant>>();

function handles(host: TenantHost): Map<string, Tenant> {
  let map = caches.get(host);
  if (map === undefined) {
    map = new Map();
    caches.set(host, map);
  }
  return map;
}

export const cachedTenant = (host: TenantHost, id: string): Tenant | undefined => handles(host).get(id);

export function cacheTenant(host: TenantHost, tenant: Tenant): void {
  const map = handles(host);
  map.delete(tenant.id);
  map.set(tenant.id, tenant);
  if (map.size > MAX_HANDLES) map.delete(map.keys().next().value as string);
}

export function forgetTenant(host: TenantHost, id: string): void {
  handles(host).delete(id);
}
