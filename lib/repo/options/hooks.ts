/** The functions of an application that a Repo calls: on queries, on transactions, and for the time. */

import { InvalidOptionsError } from "../../errors.js";
import { isDate, type SchemaClass, showValue } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import { checkDefaults, type GivesDefaults } from "./common-options.js";

/** What `prepareQuery` is told of a query besides the method that it is for. */
export interface QueryContext {
  /** The class; undefined for a query on a source name. */
  readonly schema: SchemaClass<object> | undefined;
  /** The source whose records it reads. */
  readonly source: string;
  /** Undefined for a live query, which is made for no tenant. */
  readonly tenant: Tenant | undefined;
  /** The option `context` of the call. */
  readonly context: unknown;
}

/**
 * Makes of a query the one that is run: the same with further conditions, filters, `using` or an order. `Q` is the type of
 * queries.
 */
export type PrepareQuery<Q> = (operation: string, query: Q, about: QueryContext) => Q;

/** What `prepareTransaction` gives: another function, other options; what it leaves out stays. */
export interface PreparedTransaction<Fn, Options> {
  readonly fn?: Fn;
  readonly options?: Options;
}

/** Makes of a transaction's function and options those that are run. */
export type PrepareTransaction<Fn, Options> = (
  fn: Fn,
  options: Options,
  about: { readonly tenant: Tenant },
) => PreparedTransaction<Fn, Options> | undefined;

const functions = ["prepareQuery", "prepareTransaction", "now"] as const;

interface Given {
  readonly prepareQuery?: unknown;
  readonly prepareTransaction?: unknown;
  readonly now?: unknown;
  readonly readOnly?: unknown;
  readonly defaultOptions?: GivesDefaults | undefined;
}

/** @throws InvalidOptionsError */
export function checkHooks(given: Given): void {
  for (const name of functions) {
    const fn = given[name];
    if (fn === undefined || typeof fn === "function") continue;
    throw new InvalidOptionsError(`{ ${name} } of new Repo is a function, not ${showValue(fn)}.`);
  }
  const { readOnly, defaultOptions } = given;
  if (readOnly !== undefined && typeof readOnly !== "boolean")
    throw new InvalidOptionsError(`{ readOnly } of new Repo is true or false, not ${showValue(readOnly)}.`);
  if (defaultOptions !== undefined && typeof defaultOptions !== "function") checkDefaults(defaultOptions);
}

/** The present, as the application's clock has it. @throws InvalidOptionsError for what is no date */
export function timeOf(now: (() => Date) | undefined): Date {
  if (now === undefined) return new Date();
  const time: unknown = now();
  if (isDate(time) && !Number.isNaN(time.getTime())) return new Date(time.getTime());
  throw new InvalidOptionsError(`{ now } of new Repo gives a valid Date, and gave ${showValue(time)}.`);
}
