/** The options that all calls of a Repo have in common, and their checks. */

import { InvalidOptionsError } from "../../errors.js";
import { isPlainObject, showValue } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import { currentTrace } from "../observe/index.js";
import { checkOptions } from "./check-options.js";

/** What every call takes besides its own options. */
export interface CommonOptions {
  /**
   * Milliseconds for the transaction of the call, all attempts together; default: no limit. Inside of a transaction, a call
   * that takes longer fails with it (TransactionTimeoutError).
   */
  readonly timeoutMs?: number;
  /** `false` keeps the call out of the logger; a level is that at which it is told. Default `"debug"`. */
  readonly log?: false | "debug" | "info" | "warn" | "error";
  /**
   * Plain data about the call, handed on to the logger, to `plinth:operation` and, of texts and numbers, to spans. Default:
   * none.
   */
  readonly telemetry?: Readonly<Record<string, unknown>>;
}

/** What every call takes that reads by queries. */
export interface QueryOptions extends CommonOptions {
  /** Keys that the call may read at most; one more is TooManyKeysError. Default: no limit. */
  readonly maxKeys?: number;
  /** What `prepareQuery` is to know of the call: handed to it as it is. Default: undefined. */
  readonly context?: unknown;
}

export const commonNames: readonly string[] = ["timeoutMs", "log", "telemetry"];
export const queryNames: readonly string[] = [...commonNames, "maxKeys", "context"];

/** What `defaultOptions` may give: `tenant` is used where neither the call nor a transaction or record says another one. */
export interface DefaultOptions extends QueryOptions {
  /** The tenant of calls that name none, outside of transactions and without records that have one. */
  readonly tenant?: Tenant;
  /** Whether reads make no conflict, where a call does not say otherwise. Default false. */
  readonly snapshot?: boolean;
}

/** Default options, or a function of the method's name that gives them. */
export type GivesDefaults = DefaultOptions | ((operation: string) => DefaultOptions | undefined);

const defaultNames: ReadonlySet<string> = new Set([...queryNames, "tenant", "snapshot"]);
const levels: ReadonlySet<unknown> = new Set([false, "debug", "info", "warn", "error"]);

/** The options of a call with what the Repo adds. */
export type Effective<O> = O & CommonOptions & { readonly defaultTenant?: Tenant | undefined };

/**
 * Checks the options of a call and adds the Repo's defaults that it knows.
 *
 * @throws InvalidOptionsError
 */
export function effectiveOptions<O extends object>(
  defaults: GivesDefaults | undefined,
  operation: string,
  given: O,
  known: ReadonlySet<string>,
): Effective<O> {
  checkOptions(operation, given, known);
  if (defaults === undefined) {
    checkCommon(operation, given as Readonly<Record<string, unknown>>);
    note(given as CommonOptions);
    return given;
  }
  const { tenant: defaultTenant, ...added } = defaultsOf(defaults, operation);
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(added)) if (known.has(name)) options[name] = value;
  for (const [name, value] of Object.entries(given)) if (value !== undefined) options[name] = value;
  checkCommon(operation, options);
  note(options as CommonOptions);
  return { ...options, defaultTenant } as unknown as Effective<O>;
}

function defaultsOf(defaults: GivesDefaults, operation: string): DefaultOptions {
  const given = typeof defaults === "function" ? defaults(operation) : defaults;
  if (given === undefined) return {};
  checkDefaults(given);
  return given;
}

/** @throws InvalidOptionsError */
export function checkDefaults(given: unknown): void {
  if (!isPlainObject(given)) {
    throw new InvalidOptionsError(
      `defaultOptions is an object of options, or a function (operation) => options, and gave ${showValue(given)}.`,
    );
  }
  for (const name of Object.keys(given)) {
    if (defaultNames.has(name)) continue;
    throw new InvalidOptionsError(
      `defaultOptions has "${name}", which calls do not have in common; it takes ${[...defaultNames].join(", ")}.`,
    );
  }
}

/** @throws InvalidOptionsError */
function checkCommon(operation: string, options: Readonly<Record<string, unknown>>): void {
  const { timeoutMs, maxKeys, log, telemetry } = options;
  const isCount = (value: unknown, least: number) =>
    Number.isSafeInteger(value) && (value as number) >= least;
  if (timeoutMs !== undefined && !isCount(timeoutMs, 0)) {
    throw new InvalidOptionsError(
      `{ timeoutMs } of repo.${operation} is a whole number of at least 0, not ${showValue(timeoutMs)}.`,
    );
  }
  if (maxKeys !== undefined && !isCount(maxKeys, 1)) {
    throw new InvalidOptionsError(
      `{ maxKeys } of repo.${operation} is a whole number of at least 1, not ${showValue(maxKeys)}.`,
    );
  }
  if (log !== undefined && !levels.has(log)) {
    throw new InvalidOptionsError(
      `{ log } of repo.${operation} is false, "debug", "info", "warn" or "error", not ${showValue(log)}.`,
    );
  }
  if (telemetry !== undefined && !isPlainObject(telemetry)) {
    throw new InvalidOptionsError(
      `{ telemetry } of repo.${operation} is an object of plain data, not ${showValue(telemetry)}.`,
    );
  }
}

/** Tells those who listen to the operation. */
function note({ log, telemetry }: CommonOptions): void {
  const trace = currentTrace();
  if (trace === undefined) return;
  if (log !== undefined) trace.log = log;
  if (telemetry !== undefined) trace.telemetry = telemetry;
}
