import type { SchemaInfo } from "../../schema/index.js";
import type { Tick } from "../hub/index.js";
import type { LiveKind } from "../live/index.js";
import type { RowDelta, Tests } from "../log/index.js";
import type { Shape } from "../shape/index.js";
import type { ChangedFields, Draft, Entry, View } from "../view/index.js";
import { weighEntries } from "../view/index.js";
import type { CompositeNode } from "./composite-node.js";
import type { Feed } from "./feed.js";
import type { NodeIdentity } from "./node-identity.js";
import type { Past } from "./past.js";

/** One live query of one tenant, however many labels show it. */
export abstract class LiveNode {
  /** What it shows at the version of its feeds. */
  view!: View;
  /** Labels and other nodes that use it, and ticks that are about to. */
  refs = 0;
  readonly shapes = new Set<Shape>();
  /** How often a change made it work out its value anew, and how often nothing visible came of it. */
  evaluations = 0;
  wasted = 0;
  #parents: Set<CompositeNode> | undefined;

  /**
   * @param identity equal for queries that are evaluated together
   * @param hash equal for queries that mean the same, on every process
   */
  constructor(
    readonly identity: string,
    readonly hash: string,
  ) {}

  abstract readonly kind: LiveKind;
  /** The source whose rows it shows; empty where it has none of its own. */
  abstract readonly source: string;
  abstract readonly fields: ChangedFields;

  /** The view can stand still while its rows move; see `sync.all`'s `on`. */
  get gated(): boolean {
    return false;
  }

  /** The version that the view shows, where that is older than the feeds; -1 where there is no single one. */
  get shownAt(): bigint | undefined {
    return undefined;
  }

  /** Rows that it shows, or stands for. */
  get rows(): number {
    return this.view.size;
  }

  /** Bytes of memory that it holds, estimated. */
  get bytes(): number {
    return weighEntries(this.view.entries, this.view.entries.length);
  }

  /**
   * Adds what a cursor has to say of it.
   *
   * @param path that of its key, inside `each`
   * @param tick where children are found that are not applied yet
   */
  abstract identify(into: NodeIdentity, path: string, tick?: Tick): void;
  /** Adds the feeds that the value depends on. */
  abstract collectFeeds(into: Set<Feed>): void;
  /** What it showed at the version of a cursor, worked out from the log. */
  abstract rewind(tick: Tick, past: Past): Promise<readonly Entry[]>;
  /** Called when the last user left. */
  abstract dispose(): void;

  get parents(): ReadonlySet<CompositeNode> | undefined {
    return this.#parents;
  }

  addParent(parent: CompositeNode): void {
    this.#parents ??= new Set();
    this.#parents.add(parent);
  }

  removeParent(parent: CompositeNode): void {
    this.#parents?.delete(parent);
  }
}

const noTests: Tests = new Map();

/** A node that reads one feed. */
export abstract class FeedNode extends LiveNode {
  abstract readonly feed: Feed;
  abstract readonly info: SchemaInfo;
  /** The part of its predicate that changes can be looked up by. */
  readonly tests: Tests = noTests;
  /** Reads the value at the tick's version. */
  abstract evaluate(tick: Tick): Promise<Draft>;
  /** Works out the next value from what became of single rows; `undefined` when it stays. */
  abstract advance(tick: Tick, deltas: readonly RowDelta[]): Promise<Draft | undefined>;

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
