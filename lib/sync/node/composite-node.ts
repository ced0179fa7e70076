import type { Tick } from "../hub/index.js";
import type { Draft } from "../view/index.js";
import { LiveNode } from "./node.js";

/** A node whose value is made of the values of other nodes. */
export abstract class CompositeNode extends LiveNode {
  /** Brings the nodes that the value is made of, as far as they are known, to the tick's version. */
  abstract settleInputs(tick: Tick): Promise<void>;
  /** Builds the next value; called again while the tick finds more feeds that have to move along. */
  abstract draft(tick: Tick): Promise<Draft>;
}
