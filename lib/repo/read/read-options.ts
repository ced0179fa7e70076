/** The options that every read takes. */

import type { Tenant } from "../../tenant/index.js";
import { type Effective, effectiveOptions, type QueryOptions, queryNames } from "../options/index.js";
import type { RepoState } from "../transaction/index.js";

/** Options of every read, besides those that all calls have in common. */
export interface ReadOptions extends QueryOptions {
  /** Needed outside of a transaction, unless the Repo has a `tenantId`. */
  readonly tenant?: Tenant;
  /**
   * Whether the read makes no conflict: what it has read may have changed when the transaction commits. Default false, or
   * what the transaction around it says.
   */
  readonly snapshot?: boolean;
}

export const readOptionNames: ReadonlySet<string> = new Set(["tenant", "snapshot", ...queryNames]);

/** The options of a read, with the Repo's defaults. @throws InvalidOptionsError */
export const readOptions = <O extends ReadOptions>(
  { core }: RepoState,
  operation: string,
  options: O,
  known: ReadonlySet<string> = readOptionNames,
): Effective<O> => effectiveOptions(core.config.defaultOptions, operation, options, known);
