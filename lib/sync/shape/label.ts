/** A label of a subscription with its live query, and the node that it shows. */

import type { AnyLive } from "../live/index.js";
import type { LiveNode } from "../node/index.js";

export interface Label {
  readonly name: string;
  readonly live: AnyLive;
  readonly node: LiveNode;
}
