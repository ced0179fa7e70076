/** Runs the function of `repo.transactional`, or `repo.transact`, in a transaction of its own or in the one around it. */

import { IncorrectTenancyError, InvalidOptionsError } from "../../errors.js";
import { keepFirstResult, readFirstResult } from "../../layer/index.js";
import { isPlainObject, isSchema } from "../../schema/index.js";
import { Tenant } from "../../tenant/index.js";
import { observedTransaction } from "../observe/index.js";
import { CallSite } from "./call-site.js";
import type { AnyBody } from "./config.js";
import { keepCaller } from "./keep-caller.js";
import { FailedByValue, isFailedResult, RolledBack } from "./rollback.js";
import { run } from "./run.js";
import type { BoundRepo, Session } from "./session.js";
import { type RepoState, sessionOf } from "./state.js";
import { checkTenant, requireTenant } from "./tenancy.js";
import { checkTransactionOptions, type TransactionOptions } from "./transaction-options.js";

/** The function of a transaction. */
type Body<T> = (tx: BoundRepo) => T | Promise<T>;

/** What `{ returning: "version" }` gives. */
export interface Versioned<T> {
  /** What the function gave. */
  readonly value: T;
  /** The commit version; of a transaction that wrote nothing or was rolled back, the version that it read at. */
  readonly version: bigint;
}

interface Arguments<T> {
  readonly tenant: Tenant | undefined;
  readonly fn: Body<T>;
  readonly options: TransactionOptions;
}

/** Which of the two methods was called. */
type Operation = "transactional" | "transact";

/** `(tenant, fn, options)`, or `(fn, options)` on a single-tenant Repo or inside a transaction. */
function readArguments<T>(
  operation: Operation,
  first: unknown,
  second: unknown,
  third: unknown,
): Arguments<T> {
  const short = typeof first === "function";
  const fn = short ? first : second;
  const options = ((short ? second : third) ?? {}) as TransactionOptions;
  if (!short && !(first instanceof Tenant)) {
    throw new IncorrectTenancyError(
      `repo.${operation} takes a tenant's handle first: repo.${operation}(await Tenant.openOrCreate(repo, id), fn).`,
    );
  }
  if (typeof fn !== "function" || isSchema(fn))
    throw new InvalidOptionsError(`repo.${operation} takes a function: (tx) => ….`);
  checkTransactionOptions(options, operation);
  return { tenant: short ? undefined : (first as Tenant), fn: fn as Body<T>, options };
}

async function join<T>(
  session: Session,
  site: CallSite | undefined,
  { tenant, fn, options }: Arguments<T>,
): Promise<T> {
  checkTenant(session, tenant);
  if (Object.keys(options).length > 0) {
    throw new InvalidOptionsError(
      `A transaction inside a transaction joins it, so it cannot have options of its own (${Object.keys(options).join(", ")}). ` +
        "Give them to the outermost repo.transactional.",
    );
  }
  return session.operate(() => partOf(session, fn), site);
}

/** A part that ends with a value in place of its effects has failed all the same, when it had written already. */
async function partOf<T>(session: Session, fn: Body<T>): Promise<T> {
  let part: Session | undefined;
  try {
    return await session.part((begun) => {
      part = begun;
      return begun.within(fn);
    });
  } catch (error) {
    if (error instanceof FailedByValue) return error.result as T;
    if (!(error instanceof RolledBack) || error.refusal === undefined) throw error;
    if (part !== undefined && part.writes > 0) session.refuse(error.refusal);
    return error.value as T;
  }
}

/** A day. */
const KEEP_MS = 86_400_000;

/** The first result of a request that came before, else that of the function. */
async function answered<T>(
  session: Session,
  fn: Body<T>,
  { idempotencyKey, keepMs = KEEP_MS }: TransactionOptions,
): Promise<T> {
  if (idempotencyKey === undefined) return session.within(fn);
  const { tx, tenant } = session.layer;
  const now = Date.now();
  const first = await readFirstResult(tx, tenant, idempotencyKey, now);
  if (first !== undefined) return first.value as T;
  const value = await session.within(fn);
  await keepFirstResult(tx, tenant, idempotencyKey, value, { now, keepMs });
  return value;
}

export async function transactional<T>(
  state: RepoState,
  first: unknown,
  second: unknown,
  third: unknown,
): Promise<T | Versioned<T>> {
  return runOrJoin(state, readArguments<T>("transactional", first, second, third), "transactional");
}

/** Gives a result of its own form as it is, and another value as `{ ok: true, value }`; `{ ok: false }` stores nothing. */
export async function transact(
  state: RepoState,
  first: unknown,
  second: unknown,
  third: unknown,
): Promise<unknown> {
  const { fn, ...given } = readArguments<unknown>("transact", first, second, third);
  const resulting = async (tx: BoundRepo): Promise<unknown> => {
    const result = await resultOf(() => fn(tx));
    if (isFailedResult(result)) throw new FailedByValue(result);
    return isPlainObject(result) && result.ok === true ? result : Object.freeze({ ok: true, value: result });
  };
  try {
    return await runOrJoin(state, { ...given, fn: resulting }, "transact", fn);
  } catch (error) {
    // Inside of a transaction, the whole of it ends.
    if (error instanceof RolledBack && sessionOf(state) === undefined)
      return Object.freeze({ ok: false, error: error.value });
    throw error;
  }
}

/** A Multi that fails ends its transaction with its result. */
async function resultOf(run: () => unknown): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof RolledBack && error.refusal !== undefined) return error.value;
    throw error;
  }
}

/** @param origin the caller's own function, by which transactions are known that come again */
async function runOrJoin<T>(
  state: RepoState,
  given: Arguments<T>,
  operation: Operation,
  origin: unknown = given.fn,
): Promise<T | Versioned<T>> {
  const around = sessionOf(state);
  if (around !== undefined)
    return join(around, around.traced ? new CallSite(operation, runOrJoin) : undefined, given);
  const { tenant, fn, options } = await preparedTransaction(state, given, operation);
  const versioned = options.returning === "version";
  const told = (value: T, version: bigint) => (versioned ? Object.freeze({ value, version }) : value);
  const body = (session: Session) => answered(session, fn, options);
  let readVersion = 0n;
  try {
    const {
      value,
      version,
      seenAt = -1n,
    } = await observedTransaction(tenant.id, state.core.opened?.kind, (trace) => {
      /** As `body`, noting the version that it read at; afterwards, because asking for it would begin the transaction. */
      const noting = async (session: Session) => {
        const outcome = await body(session).catch((error: unknown) => {
          if (error instanceof RolledBack || error instanceof FailedByValue) return error;
          throw error;
        });
        readVersion = await session.layer.tx.getReadVersion();
        if (trace !== undefined) trace.readVersion = readVersion;
        if (outcome instanceof RolledBack || outcome instanceof FailedByValue) throw outcome;
        return outcome;
      };
      const attempt = versioned || trace !== undefined ? noting : body;
      return run(state.core, tenant, attempt, { ...options, ambient: true, grouped: true, trace }, origin);
    });
    return told(value, version >= 0n ? version : seenAt >= 0n ? seenAt : readVersion);
  } catch (error) {
    if (error instanceof FailedByValue) return error.result as T;
    if (!(error instanceof RolledBack)) throw keepCaller(error);
    // Of it, repo.transact makes a result.
    if (operation === "transact") throw error;
    const { seenAt = -1n } = error;
    return told(error.value as T, seenAt >= 0n ? seenAt : readVersion);
  }
}

/** The tenant of a transaction, and what the Repo's `prepareTransaction` makes of its function and options. */
async function preparedTransaction<T>(
  state: RepoState,
  given: Arguments<T>,
  operation: Operation,
): Promise<Arguments<T> & { readonly tenant: Tenant }> {
  if (given.tenant === undefined && state.core.config.tenantId === undefined) {
    throw new IncorrectTenancyError(
      `repo.${operation}(fn) without a tenant works on a single-tenant Repo (new Repo({ …, tenantId })) or inside a ` +
        `transaction. Here: repo.${operation}(tenant, fn).`,
    );
  }
  const tenant = await requireTenant(state.core, given.tenant);
  const { prepareTransaction } = state.core.config;
  if (prepareTransaction === undefined) return { ...given, tenant };
  const prepared: unknown = prepareTransaction(given.fn as AnyBody, given.options, { tenant });
  if (prepared === undefined) return { ...given, tenant };
  const { fn = given.fn, options = given.options } = prepared as Partial<Arguments<T>>;
  if (!isPlainObject(prepared) || typeof fn !== "function") {
    throw new InvalidOptionsError(
      "prepareTransaction gives { fn, options }, each of which may be left out, or nothing: { fn: (tx) => fn(tx) }.",
    );
  }
  checkTransactionOptions(options, operation);
  return { tenant, fn, options };
}
