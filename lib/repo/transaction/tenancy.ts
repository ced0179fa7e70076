/** Decides the tenant of a call, and refuses records and options of another. */

import { refuseOtherCopy } from "../../copies.js";
import { IncorrectTenancyError } from "../../errors.js";
import { getMeta } from "../../schema/index.js";
import { Tenant } from "../../tenant/index.js";
import { closed, type RepoCore } from "./core.js";
import type { Session } from "./session.js";

/** The tenant that a record came from. */
export function tenantOf(record: object): Tenant | undefined {
  const tenant = getMeta(record)?.tenant;
  return tenant instanceof Tenant ? tenant : undefined;
}

/** For a record or handle of another Repo, whose tenant may have the same id here. */
export function otherStore(given: Tenant): IncorrectTenancyError {
  return new IncorrectTenancyError(
    `A record or option of tenant ${JSON.stringify(given.id)} belongs to another Repo, with another store. ` +
      "Use the Repo that it was read with, or insert a new record from its fields: repo.insert(Schema, { ...record }, { tenant }).",
  );
}

function foreign(given: Tenant, expected: Tenant, where: string): IncorrectTenancyError {
  if (given.id === expected.id) return otherStore(given);
  return new IncorrectTenancyError(
    `A record or option of tenant ${JSON.stringify(given.id)} meets ${where} of tenant ${JSON.stringify(expected.id)}. ` +
      "A transaction stays in one tenant: use two transactions, or insert a new record from the fields of the other.",
  );
}

/** The tenant that options and records agree on. */
export function agreedTenant(
  option: Tenant | undefined,
  records: readonly object[] = [],
): Tenant | undefined {
  let tenant = option;
  if (tenant !== undefined && !(tenant instanceof Tenant)) {
    refuseOtherCopy(tenant, "The tenant");
    throw new IncorrectTenancyError(
      "{ tenant } takes a handle, not an id: { tenant: await Tenant.openOrCreate(repo, id) }.",
    );
  }
  for (const record of records) {
    const own = tenantOf(record);
    if (own === undefined) continue;
    if (tenant !== undefined && tenant !== own && !tenant.equals(own)) throw foreign(own, tenant, "a call");
    tenant ??= own;
  }
  return tenant;
}

/** @throws IncorrectTenancyError when the tenant is not the transaction's */
export function checkTenant(session: Session, tenant: Tenant | undefined): void {
  if (tenant !== undefined && tenant !== session.tenant && !tenant.equals(session.tenant)) {
    throw foreign(tenant, session.tenant, "a transaction");
  }
}

/** The tenant of a call outside of a transaction. */
export async function requireTenant(core: RepoCore, tenant: Tenant | undefined): Promise<Tenant> {
  if (core.closed) throw closed();
  const only = core.defaultTenant();
  if (only === undefined) {
    if (tenant !== undefined) return tenant;
    throw new IncorrectTenancyError(
      "The call has no tenant. Give it one: { tenant }, run it inside of repo.transactional(tenant, …), or make a " +
        'single-tenant Repo: new Repo({ …, tenantId: "main" }).',
    );
  }
  const own = await only;
  if (tenant === undefined || tenant.equals(own)) return own;
  throw new IncorrectTenancyError(
    `This Repo has the one tenant ${JSON.stringify(own.id)} (tenantId), so a call on it must not have a tenant defined; ` +
      `${JSON.stringify(tenant.id)} was given. Use a Repo without tenantId for several tenants.`,
  );
}
