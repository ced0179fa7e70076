/** What several transactions have done so far that become one commit, one after the other. */

import type { TenantMetadata } from "../metadata/index.js";

/** Of one tenant and one engine transaction. Numbers and heads of a transaction that was taken back are not in it. */
export class SharedCommit {
  /** The numbers that the operations have taken, from 0. */
  operations = 0;
  /** Touched already, and once is enough. */
  readonly heads = new Set<unknown>();
  /** The tenant's metadata, once one of them has validated it: the conflict range of that is the commit's. */
  validated: TenantMetadata | undefined;
}
