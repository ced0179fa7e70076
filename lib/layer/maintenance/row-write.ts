/** How the row of a change is written, by whoever has read it. */

import type { Bytes } from "../keys/index.js";

export interface RowWrite {
  /** Undefined when the commit assigns it. */
  readonly key: Bytes | undefined;
  /** Whether the row has been written since it was read for the change. */
  isStale(): boolean;
  write(): void;
}
