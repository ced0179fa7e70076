import { IncorrectTenancyError, InvalidOptionsError, NotInTransactionError } from "../../errors.js";
import { Tenant } from "../../tenant/index.js";
import type { Repo } from "../index.js";
import { observedTransaction } from "../observe/index.js";
import { runAfterCommit } from "./after-commit.js";
import { checkTransactionOptions, type TransactionOptions } from "./options.js";
import { RolledBack } from "./rollback.js";
import { run } from "./run.js";
import type { Session } from "./session.js";
import { checkTenant, type RepoState, requireTenant, sessionOf } from "./state.js";

/** A transaction's function. */
export type TransactionBody<T> = (tx: Repo) => T | Promise<T>;

/** What `{ returning: "version" }` gives. */
export interface Versioned<T> {
  readonly value: T;
  /** The commit version; of a transaction that wrote nothing or was rolled back, the version that it read at. */
  readonly version: bigint;
}

interface Arguments<T> {
  readonly tenant: Tenant | undefined;
  readonly fn: TransactionBody<T>;
  readonly options: TransactionOptions;
}

/** `(tenant, fn, options)`, or `(fn, options)` on a single-tenant Repo or inside a transaction. */
function readArguments<T>(first: unknown, second: unknown, third: unknown): Arguments<T> {
  const short = typeof first === "function";
  const fn = short ? first : second;
  const options = ((short ? second : third) ?? {}) as TransactionOptions;
  if (!short && !(first instanceof Tenant)) {
    throw new IncorrectTenancyError(
      "repo.transactional takes a tenant's handle first: repo.transactional(await Tenant.openOrCreate(repo, id), fn).",
    );
  }
  if (typeof fn !== "function")
    throw new InvalidOptionsError("repo.transactional takes a function: (tx) => ….");
  checkTransactionOptions(options);
  return { tenant: short ? undefined : (first as Tenant), fn: fn as TransactionBody<T>, options };
}

async function join<T>(
  state: RepoState,
  session: Session,
  { tenant, fn, options }: Arguments<T>,
): Promise<T> {
  checkTenant(session, tenant);
  if (Object.keys(options).length > 0) {
    throw new InvalidOptionsError(
      `A transaction inside a transaction joins it, so it cannot have options of its own (${Object.keys(options).join(", ")}). ` +
        "Give them to the outermost repo.transactional.",
    );
  }
  const before = session.writes;
  try {
    return await session.operate(() => state.core.ambient.run(session, async () => fn(session.repo)));
  } catch (error) {
    // What the inner one has written must not be committed by an outer one that goes on.
    if (session.writes > before) session.refuseCommit(error);
    throw error;
  }
}

/** Runs `fn` in a transaction, or in the one around it. */
export async function transactional<T>(
  state: RepoState,
  first: unknown,
  second: unknown,
  third: unknown,
): Promise<T | Versioned<T>> {
  const given = readArguments<T>(first, second, third);
  const around = sessionOf(state);
  if (around !== undefined) return join(state, around, given);
  const { fn, options } = given;
  if (given.tenant === undefined && state.core.config.tenantId === undefined) {
    throw new IncorrectTenancyError(
      "repo.transactional(fn) without a tenant works on a single-tenant Repo (new Repo({ …, tenantId })) or inside a " +
        "transaction. Here: repo.transactional(tenant, fn).",
    );
  }
  const tenant = await requireTenant(state, given.tenant);
  const versioned = options.returning === "version";
  const told = (value: T, version: bigint) => (versioned ? Object.freeze({ value, version }) : value);
  const body = (session: Session) => state.core.ambient.run(session, async () => fn(session.repo));
  let readVersion = 0n;
  try {
    const { value, version } = await observedTransaction(tenant.id, state.core.opened?.kind, (trace) => {
      /** As `body`, noting the version that it read at; afterwards, because asking for it would begin the transaction. */
      const noting = async (session: Session) => {
        const outcome = await body(session).catch((error: unknown) => {
          if (error instanceof RolledBack) return error;
          throw error;
        });
        readVersion = await session.layer.tx.getReadVersion();
        if (trace !== undefined) trace.readVersion = readVersion;
        if (outcome instanceof RolledBack) throw outcome;
        return outcome;
      };
      const attempt = versioned || trace !== undefined ? noting : body;
      return run(state.core, state.bind, tenant, attempt, { ...options, ambient: true, trace }, fn);
    });
    return told(value, version < 0n ? readVersion : version);
  } catch (error) {
    if (error instanceof RolledBack) return told(error.value as T, readVersion);
    throw error;
  }
}

export function rollback(state: RepoState, value: unknown): never {
  const session = sessionOf(state);
  if (session === undefined || session.ended) {
    throw new NotInTransactionError("repo.rollback ends the transaction around it, and there is none here.");
  }
  const end = new RolledBack(value);
  // It stands even when somebody catches it.
  session.refuseCommit(end);
  throw end;
}

/** Runs `fn` after the commit of the transaction around it; at once when there is none. */
export function afterCommit(state: RepoState, fn: () => unknown): void {
  if (typeof fn !== "function") throw new InvalidOptionsError("repo.afterCommit takes a function.");
  const session = sessionOf(state);
  if (session === undefined) void runAfterCommit(state.core, [fn]);
  else session.onCommit(fn);
}
