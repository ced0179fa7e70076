import type { Tick } from "../hub/index.js";
import type { Draft } from "../view/index.js";
import type { FeedNode } from "./node.js";

/** `polling`: watches are refused. `catching-up`: much has happened since the last tick. */
export type FeedState = "live" | "polling" | "catching-up";

/** What a feed has caused so far. */
export interface FeedStats {
  /** Log entries read. */
  entries: number;
  /** Queries that worked out their value anew because of them, and those of which nothing visible came. */
  evaluations: number;
  wasted: number;
}

/** A stream of changes that nodes stand on: the log of a source, or one row. */
export interface Feed {
  readonly id: string;
  /** All changes up to here are in the nodes' views. */
  readonly position: bigint;
  state: FeedState;
  /** Feeds that some subscription shows together with this one, and how many do. */
  readonly links: Map<Feed, number>;
  readonly nodeCount: number;
  /** A tick builds nodes on it, so it stays when the last one that stood on it leaves meanwhile. */
  held: boolean;
  /** When a tick last brought it up to date (`Date.now()`). */
  readonly settledAt: number;
  readonly stats: FeedStats;
  /** Whether everything that has to be watched is. */
  readonly watched: boolean;
  /** Whether what it watches may not exist, so that nothing of it moves when the tenant goes; as of its last `arm`. */
  readonly blind: boolean;
  /** Keys watched at the moment. */
  readonly watchCount: number;
  /** Registers a node once it has been evaluated. */
  join(node: FeedNode): void;
  /** Unregisters it; the last one takes the watches with it. */
  leave(node: FeedNode): void;
  /** Works out the drafts of all nodes that changed between `position` and the tick's version. */
  advance(tick: Tick): Promise<Map<FeedNode, Draft>>;
  /** A node has read its row, in this tick. */
  saw(row: object | null): void;
  /** Sets what is not watched in the tick's transaction. */
  arm(tick: Tick): void;
  /** The tick has committed: its watches count, and the position moves. */
  settle(tick: Tick): void;
  dispose(): void;
}
