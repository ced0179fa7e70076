/** The options that every read takes. */

import type { Tenant } from "../../tenant/index.js";

export interface ReadOptions {
  /** Needed outside of a transaction, unless the Repo has a `tenantId`. */
  readonly tenant?: Tenant;
  /** The read takes no part in conflicts of the transaction around it. */
  readonly snapshot?: boolean;
}

export const readOptionNames: ReadonlySet<string> = new Set(["tenant", "snapshot"]);
