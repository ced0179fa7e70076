/** The part of a Repo that migrating needs: its engine, and its cache of registrations. */

import type { Engine } from "../../engine/index.js";
import type { MetadataCache } from "../../layer/index.js";

/** What migrating needs of a Repo. */
export interface MigrationHost {
  engine(): Promise<Engine>;
  readonly metadata: MetadataCache;
}
