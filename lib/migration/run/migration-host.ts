/** The part of a Repo that migrating needs: its engine, its cache of registrations, and its transactions. */

import type { Engine, Transaction } from "../../engine/index.js";
import type { MetadataCache } from "../../layer/index.js";
import type { Tenant } from "../../tenant/index.js";

/** One attempt of a step that changes data: in its transaction, with the Repo bound to it. */
export type HostBody<T> = (
  tx: Transaction,
  repo: object,
  /** Records written so far. */
  written: () => number,
) => Promise<T>;

/** What migrating needs of a Repo. */
export interface MigrationHost {
  engine(): Promise<Engine>;
  readonly metadata: MetadataCache;
  /** Nothing may be written. */
  readonly readOnly?: boolean;
  /** One transaction with retries, of its own; only steps that change data need it. */
  runStep?<T>(tenant: Tenant, body: HostBody<T>): Promise<T>;
}
