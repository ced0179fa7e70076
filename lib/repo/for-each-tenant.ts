/** Calls a function for every tenant, some of them at once. */

import { InvalidOptionsError } from "../errors.js";
import { isPlainObject, showValue } from "../schema/index.js";
import { Tenant } from "../tenant/index.js";
import type { Repo } from "./repo.js";

/** Options of `forEachTenant`. */
export interface ForEachTenantOptions {
  /** Number of tenants at once, a whole number of at least 1; default 4. */
  readonly concurrency?: number;
  /** The ids of the tenants; default: all of the store, in the order of their ids. */
  readonly ids?: Iterable<string> | AsyncIterable<string>;
  /** Ends it: no further tenant is begun, and the call rejects with its reason. Default: none. */
  readonly signal?: AbortSignal;
}

const names: ReadonlySet<string> = new Set(["concurrency", "ids", "signal"]);

/**
 * Opens tenant after tenant, which applies outstanding migrations, and calls `fn` with each. After a failure no further one
 * is begun; those under way are waited for, and the first error is thrown.
 *
 * @returns the number of tenants
 * @example await forEachTenant(repo, (tenant) => repo.job(tenant, "recount", recount), { concurrency: 8 });
 * @throws InvalidOptionsError; TenantNotFoundError for an id without a tenant; the reason of `signal`; what `fn` throws
 */
export async function forEachTenant(
  repo: Repo,
  fn: (tenant: Tenant) => unknown,
  options: ForEachTenantOptions = {},
): Promise<{ readonly count: number }> {
  check(repo, fn, options);
  const { concurrency = 4, ids = Tenant.list(repo), signal } = options;
  const asynchronous = Symbol.asyncIterator in ids;
  const source = asynchronous ? ids[Symbol.asyncIterator]() : (ids as Iterable<string>)[Symbol.iterator]();
  let failed: { readonly error: unknown } | undefined;
  let count = 0;
  let ended = false;
  /** One after the other: several may ask at once. */
  let asked: Promise<unknown> = Promise.resolve();
  const next = (): Promise<string | undefined> => {
    const turn = asked.then(async () => {
      if (ended || failed !== undefined) return undefined;
      signal?.throwIfAborted();
      const { done, value } = await source.next();
      ended = done === true;
      return ended ? undefined : (value as string);
    });
    asked = turn.catch(() => undefined);
    return turn;
  };
  const worker = async (): Promise<void> => {
    try {
      for (let id = await next(); id !== undefined; id = await next()) {
        await fn(await Tenant.open(repo, id));
        count++;
      }
    } catch (error) {
      failed ??= { error };
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  if (failed === undefined) return Object.freeze({ count });
  await source.return?.();
  throw failed.error;
}

function check(repo: unknown, fn: unknown, options: unknown): void {
  const refuse = (message: string) => {
    throw new InvalidOptionsError(message);
  };
  if (typeof fn !== "function")
    refuse(`forEachTenant(repo, fn) takes a function of a tenant second, not ${showValue(fn)}.`);
  if ((repo as Repo).inTransaction)
    refuse("forEachTenant works in many tenants, so it cannot run inside a transaction of one.");
  if (!isPlainObject(options)) throw new InvalidOptionsError("The options of forEachTenant are an object.");
  for (const name of Object.keys(options)) {
    if (!names.has(name)) refuse(`forEachTenant has no option "${name}"; it takes ${[...names].join(", ")}.`);
  }
  const { concurrency, ids, signal } = options;
  if (concurrency !== undefined && !(Number.isSafeInteger(concurrency) && (concurrency as number) > 0))
    refuse(`{ concurrency } is a whole number of at least 1, not ${showValue(concurrency)}.`);
  const isList =
    typeof ids === "object" && ids !== null && (Symbol.iterator in ids || Symbol.asyncIterator in ids);
  if (ids !== undefined && !isList) refuse(`{ ids } are a list of ids, not ${showValue(ids)}.`);
  if (signal !== undefined && !(signal instanceof AbortSignal)) refuse("{ signal } is an AbortSignal.");
}
