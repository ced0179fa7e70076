/** The next state of a live query, worked out inside a transaction and applied when it has committed. */

import type { Change } from "../live/index.js";
import type { View } from "./view.js";

export interface Draft {
  readonly view: View;
  readonly changes: readonly Change<unknown>[];
  /** Stamps of the commits behind the changes. */
  readonly commits: readonly string[];
  /** The value depends on other feeds than before. */
  readonly relink?: boolean;
  apply(): void;
}
