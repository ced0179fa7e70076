/** What migrating needs of a Repo. */

import type { Engine } from "../../engine/index.js";
import type { MetadataCache } from "../../layer/index.js";

/** What migrating needs of a Repo. */
export interface MigrationHost {
  engine(): Promise<Engine>;
  readonly metadata: MetadataCache;
}
