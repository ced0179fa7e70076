import { IncorrectTenancyError } from "../../errors.js";
import { getMeta } from "../../schema/index.js";
import { Tenant } from "../../tenant/index.js";
import type { Repo } from "../index.js";
import { currentTrace, type OperationTrace } from "../observe/index.js";
import { closed, type RepoCore } from "./core.js";
import { run } from "./run.js";
import type { Session } from "./session.js";

/** What is behind a Repo: its core, and the transaction when it is bound to one. */
export interface RepoState {
  readonly core: RepoCore;
  readonly repo: Repo;
  readonly session: Session | undefined;
  readonly bind: (session: Session) => Repo;
}

const states = new WeakMap<object, RepoState>();

export function keepRepo(repo: object, state: RepoState): void {
  states.set(repo, state);
}

export function stateOfRepo(repo: object): RepoState {
  const state = states.get(repo);
  if (state === undefined)
    throw new TypeError("This is not a Repo; make one with new Repo({ url, storageId }).");
  return state;
}

/** The transaction that a call on this Repo joins, if there is one. */
export const sessionOf = (state: RepoState): Session | undefined =>
  state.session ?? state.core.ambient.session;

/** The tenant that a record came from. */
export function tenantOf(record: object): Tenant | undefined {
  const tenant = getMeta(record)?.tenant;
  return tenant instanceof Tenant ? tenant : undefined;
}

function foreign(given: Tenant, expected: Tenant, where: string): IncorrectTenancyError {
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
export async function requireTenant(state: RepoState, tenant: Tenant | undefined): Promise<Tenant> {
  const { core } = state;
  if (core.closed) throw closed();
  const only = core.defaultTenant(state.repo);
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

/** Runs one operation: in the transaction around it, or else in one of its own. */
export async function operate<T>(
  state: RepoState,
  tenant: Tenant | undefined,
  body: (session: Session) => Promise<T>,
): Promise<T> {
  const { core } = state;
  const trace = currentTrace();
  const told = trace === undefined ? body : tracing(trace, core, body);
  const session = sessionOf(state);
  if (session !== undefined) {
    checkTenant(session, tenant);
    return session.operate(() => told(session));
  }
  const given = tenant !== undefined && core.config.tenantId === undefined;
  return (await run(core, state.bind, given ? tenant : await requireTenant(state, tenant), told)).value;
}

/** Completes the facts of an operation that somebody listens to. */
function tracing<T>(trace: OperationTrace, core: RepoCore, body: (session: Session) => Promise<T>) {
  return async (session: Session): Promise<T> => {
    trace.tenant = session.tenant.id;
    trace.system = core.opened?.kind;
    trace.attempts = session.attempt;
    const result = await body(session);
    trace.readVersion = await session.layer.tx.getReadVersion();
    return result;
  };
}
