/** Lists, chooses and opens the tenants that a verb works on. */

import { TenantNotFoundError } from "../../errors.js";
import { suggest } from "../../schema/index.js";
import { Tenant } from "../../tenant/index.js";
import type { App } from "./app.js";

/** The ids of all tenants, in byte order. */
export async function allTenants(app: App): Promise<string[]> {
  const ids: string[] = [];
  for await (const id of Tenant.list(app.host)) ids.push(id);
  return ids;
}

/**
 * The tenants that were named, or all.
 *
 * @throws TenantNotFoundError for a name that no tenant has, with near misses
 */
export async function chosenTenants(app: App, named: readonly string[]): Promise<readonly string[]> {
  if (named.length === 0) return allTenants(app);
  for (const id of named) {
    if (!(await Tenant.exists(app.host, id))) throw await noSuchTenant(app, id);
  }
  return [...new Set(named)];
}

/**
 * A tenant as it is, without applying migrations.
 *
 * @param options.unfinished also one that an import is not done with; default false
 * @throws TenantNotFoundError with near misses, UnfinishedImportError
 */
export async function openTenant(
  app: App,
  id: string,
  options: { readonly unfinished?: boolean } = {},
): Promise<Tenant> {
  if (!(await Tenant.exists(app.host, id))) throw await noSuchTenant(app, id);
  return Tenant.open({ ...app.host, opensUnfinished: options.unfinished === true }, id);
}

/** Ids that are looked through for near misses. */
const LOOK_AT = 1_000;

async function noSuchTenant(app: App, id: string): Promise<TenantNotFoundError> {
  const ids: string[] = [];
  for await (const one of Tenant.list(app.host)) {
    ids.push(one);
    if (ids.length >= LOOK_AT) break;
  }
  const there = ids.length > 20 ? " All of them: plinth tenants list" : suggest(id, ids);
  return new TenantNotFoundError(
    `There is no tenant ${JSON.stringify(id)} in the storage id ${JSON.stringify(app.storageId)}.${there}`,
  );
}
