/** The base class of the nodes that read one feed. */

import type { SchemaInfo } from "../../schema/index.js";
import type { RowDelta, Tests } from "../log/index.js";
import type { Draft } from "../view/index.js";
import { BaseNode } from "./base-node.js";
import type { Feed, FeedNode, Step } from "./contracts.js";
import type { NodeIdentity } from "./node-identity.js";

const noTests: Tests = new Map();

export abstract class BaseFeedNode extends BaseNode implements FeedNode {
  abstract readonly feed: Feed;
  abstract readonly info: SchemaInfo;
  readonly tests: Tests = noTests;
  abstract evaluate(step: Step): Promise<Draft>;
  abstract advance(step: Step, deltas: readonly RowDelta[]): Promise<Draft | undefined>;

  collectFeeds(into: Set<Feed>): void {
    into.add(this.feed);
  }

  identify(into: NodeIdentity): void {
    into.schemas.add(this.info);
  }

  dispose(): void {
    this.feed.leave(this);
  }
}
