/** What nodes, feeds, and the hub that moves them know of each other. */

import type { Watch } from "../../engine/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import type { AnyLive, LiveKind } from "../live/index.js";
import type { Reader, RowDelta, Tests } from "../log/index.js";
import type { ChangedFields, Draft, Entry, View } from "../view/index.js";
import type { Made, NodeIdentity } from "./node-identity.js";

// A node is one live query of a tenant; it stands on feeds, or on other nodes. A feed brings changes to its nodes. A
// step leads them all to a newer version. Each of these names the others, so their contracts share one file.

// ---- nodes -------------------------------------------------------------------------------------------------------

/** What all nodes have in common. */
export interface CommonNode {
  /** Equal for queries that are evaluated together. */
  readonly identity: string;
  /** Equal for queries that mean the same, on every process. */
  readonly hash: string;
  readonly kind: LiveKind;
  /** The source whose rows it shows; empty where it has none of its own. */
  readonly source: string;
  readonly fields: ChangedFields;
  /** What it shows at the version of its feeds. */
  readonly view: View;
  /** Labels and other nodes that use it, and ticks that are about to. */
  refs: number;
  /** How often a change made it work out its value anew, and how often nothing visible came of it. */
  evaluations: number;
  wasted: number;
  /** The view can stand still while its rows move; see `sync.all`'s `on`. */
  readonly gated: boolean;
  /** The version that the view shows, where that is older than the feeds; -1 where there is no single one. */
  readonly shownAt: bigint | undefined;
  /** Rows that it shows, or stands for. */
  readonly rows: number;
  /** A function makes queries that it shows, so that a cursor depends on what is shown now. */
  readonly makes: boolean;
  /** Bytes of memory that it holds, estimated. */
  readonly bytes: number;
  /** Nodes whose value is made of this one's. */
  readonly parents: ReadonlySet<CompositeNode> | undefined;
  addParent(parent: CompositeNode): void;
  removeParent(parent: CompositeNode): void;
  /**
   * Adds what a cursor has to say of it.
   *
   * @param step where children are found that are not applied yet; what functions make for others is then left out
   */
  identify(into: NodeIdentity, step?: Step): void;
  /** Adds the feeds that the value depends on. */
  collectFeeds(into: Set<Feed>): void;
  /** What it showed at the version of a cursor, worked out from the log. */
  rewind(step: Step, past: Past): Promise<readonly Entry[]>;
  /** Called when the last user left. */
  dispose(): void;
}

/** A node that reads one feed. */
export interface FeedNode extends CommonNode {
  readonly feed: Feed;
  readonly info: SchemaInfo;
  /** The part of its predicate that changes can be looked up by. */
  readonly tests: Tests;
  /** Reads the value at the step's version. */
  evaluate(step: Step): Promise<Draft>;
  /** Works out the next value from what became of single rows; `undefined` when it stays. */
  advance(step: Step, deltas: readonly RowDelta[]): Promise<Draft | undefined>;
}

/** A node whose value is made of the values of other nodes. */
export interface CompositeNode extends CommonNode {
  /** Without a feed of its own, which tells it from a `FeedNode`. */
  readonly feed?: undefined;
  /** Brings the nodes that the value is made of, as far as they are known, to the step's version. */
  settleInputs(step: Step): Promise<void>;
  /** The nodes that a function has made, by the keys of their entries. */
  children(): ReadonlyMap<string, Child>;
  /** The other nodes that the value is made of. */
  inputs(): readonly LiveNode[];
  /** Builds the next value; called again while the step finds more feeds that have to move along. */
  draft(step: Step): Promise<Draft>;
}

/** One live query of one tenant, however many labels show it. */
export type LiveNode = FeedNode | CompositeNode;

/** A node that `each` has made for one id. */
export interface Child {
  readonly id: unknown;
  readonly node: LiveNode;
}

/** The state at the version of a cursor. */
export interface Past {
  /** The state that labels show which move only on some changes. */
  readonly shown: Past;
  /** What a node showed then; worked out once, whoever asks. */
  entries(step: Step, node: LiveNode): Promise<readonly Entry[]>;
  /** What happened to each row of a feed since the cursor. @throws Unresumable */
  deltas(feed: Feed): Promise<ReadonlyMap<string, RowDelta>>;
  /** Remembers how a row that was shown has fared. */
  note(delta: RowDelta, entry: Entry): void;
  /** Remembers what the function of a node makes for one of the ids that there were. */
  noteMade(node: CompositeNode, child: LiveNode, made: Made): void;
}

// ---- feeds -------------------------------------------------------------------------------------------------------

/** `polling`: watches are refused. `catching-up`: much has happened since the last step. */
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
  /** The nodes that stand on it. */
  nodes(): readonly FeedNode[];
  /** A step builds nodes on it, so it stays when the last one that stood on it leaves meanwhile. */
  held: boolean;
  /** When a step last brought it up to date (`Date.now()`). */
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
  /** Works out the drafts of all nodes that changed between `position` and the step's version. */
  advance(step: Step): Promise<Map<FeedNode, Draft>>;
  /** A node has read its row, in this step. */
  saw(row: object | null): void;
  /** Sets what is not watched in the step's transaction. */
  arm(step: Step): void;
  /** The step has committed: its watches count, and the position moves. */
  settle(step: Step): void;
  dispose(): void;
}

// ---- what moves them ---------------------------------------------------------------------------------------------

/** One step to a newer version, as nodes and feeds see it. Everything in it is a draft until it has committed. */
export interface Step {
  readonly hub: NodeHub;
  /** Reads at the step's version. */
  readonly reader: Reader;
  /** The next states that are worked out so far. */
  readonly drafts: ReadonlyMap<LiveNode, Draft>;
  /** Nodes whose value could not be worked out, and why; what stands on them ends. */
  readonly failed: ReadonlyMap<LiveNode, unknown>;
  /** Nodes that worked out their value anew because of what the feeds told. */
  readonly evaluated: Set<LiveNode>;
  /** Feeds that exist once the step is applied. */
  readonly newFeeds: Map<string, Feed>;
  /** What a node will show after this step. */
  viewOf(node: LiveNode): View;
  /** Children that a node has come to in this step, by the keys of their entries. */
  childrenOf(node: CompositeNode): Map<string, Child>;
  /** Children of a node from before this step, whose views move along with it. */
  laterChildrenOf(children: ReadonlyMap<string, Child>): ReadonlyMap<string, Child> | undefined;
  /** The node of a live query: a known one, which then moves along, or a new one, read at this version. */
  acquire(live: AnyLive): Promise<LiveNode>;
  /** Builds a node that is made of others, after them. */
  settle(node: LiveNode): Promise<void>;
  /** Notes the error of one node; an error of the whole transaction is thrown on. */
  fail(node: LiveNode, error: unknown): void;
  /** The feed for new nodes, if there is one; it is there until the step ends, whoever leaves it meanwhile. */
  feed(id: string): Feed | undefined;
  /** Nodes that will stand on a feed once the step is applied. */
  joining(feed: Feed): FeedNode[];
  /** Sets a watch in the step's transaction. */
  watch(key: Uint8Array): Watch;
}

/** What nodes and feeds need of the hub that they belong to. */
export interface NodeHub {
  readonly tenant: Tenant;
  /** What is told of the feeds. */
  readonly states: FeedWatcher;
  /**
   * The feed may have changed: a step reads it.
   *
   * @param firedAt when a watch said so (`performance.now()`)
   */
  poke(feed: Feed, firedAt?: number): void;
  /** A feed that nothing stands on any more. */
  removeFeed(feed: Feed): void;
  /** One user less; a node without users is removed. */
  release(node: LiveNode): void;
}

/** Hears how feeds fare. */
export interface FeedWatcher {
  /** A watch is gone without firing. `refused`: the engine holds too many. */
  watchFailed(feed: Feed, refused: boolean): void;
  /** A feed has so much to read that those who show it are told before. */
  catchingUp(feed: Feed): void;
}
