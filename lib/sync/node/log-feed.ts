/** The feed of a source with a log: reads its new entries, and moves the nodes that they concern. */

import { MetadataRequiredError } from "../../errors.js";
import type { SourceMetadata } from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import { deltaFor, loggedFields, type RowDelta } from "../log/index.js";
import type { Draft } from "../view/index.js";
import type { Feed, FeedNode, FeedState, FeedStats, NodeHub, Step } from "./contracts.js";
import { HeadPlan } from "./head-plan.js";
import { HeadWatches } from "./head-watches.js";
import { LogNodes } from "./log-nodes.js";

/** What is known of a log, by version: its newest change, and where it begins; undefined before it was read. */
export interface LogEnds {
  readonly head: bigint | undefined;
  readonly tail: bigint | undefined;
}

/** A feed that was looked at within this time is ahead of any trimming; a process that slept longer looks. */
const followingMs = 30_000;

/** Entries of one step from which on a feed is said to catch up. */
const catchingUpEntries = 1_000;

/** The log of one source: one watch on its head, whatever stands on it (or on the heads of the few values asked for). */
export class LogFeed implements Feed {
  readonly id: string;
  readonly links = new Map<Feed, number>();
  position = 0n;
  state: FeedState = "live";
  settledAt = Date.now();
  blind = false;
  held = false;
  readonly stats: FeedStats = { entries: 0, evaluations: 0, wasted: 0 };
  readonly #log: LogNodes;
  readonly #plan: HeadPlan;
  readonly #watches: HeadWatches;
  /** When it was last made sure that the log goes back to the position. */
  #lookedAt = Date.now();
  /** What writers keep up, as of the last step. */
  #metadata: SourceMetadata;
  /** What the step has read, until it is applied. */
  #read:
    | {
        readonly entries: number;
        readonly ends: LogEnds;
        readonly looked: boolean;
        readonly metadata: SourceMetadata;
      }
    | undefined;

  /**
   * @param logged fields whose old and new values the log holds
   * @param metadata as of the transaction that reads its first nodes, from which on it follows the log
   */
  constructor(
    private readonly hub: NodeHub,
    readonly info: SchemaInfo,
    logged: ReadonlySet<string>,
    metadata: SourceMetadata,
    /** The log as far as it is known. */
    public ends: LogEnds,
  ) {
    this.id = LogFeed.idOf(info.source);
    this.#metadata = metadata;
    this.#plan = new HeadPlan(hub.tenant, info.source);
    this.#plan.setGroups(metadata.groups);
    this.#log = new LogNodes(logged);
    this.#watches = new HeadWatches(this.#plan, {
      fired: () => hub.poke(this, performance.now()),
      failed: (refused) => hub.states.watchFailed(this, refused),
    });
  }

  static idOf(source: string): string {
    return `log:${source}`;
  }

  get nodeCount(): number {
    return this.#log.size;
  }

  nodes(): readonly FeedNode[] {
    return this.#log.all();
  }

  /** Whether log entries tell the old and new values of a field. */
  logs(field: string): boolean {
    return this.#log.logs(field);
  }

  get watchCount(): number {
    return this.#watches.count;
  }

  get watched(): boolean {
    return this.#watches.complete;
  }

  join(node: FeedNode): void {
    this.#plan.add(node);
    this.#log.add(node);
  }

  leave(node: FeedNode): void {
    this.#plan.remove(node);
    this.#log.remove(node);
    if (this.nodeCount === 0) this.hub.removeFeed(this);
  }

  async advance(step: Step): Promise<Map<FeedNode, Draft>> {
    const { reader } = step;
    this.#read = undefined;
    if (reader.version <= this.position) return new Map();
    const following = Date.now() - this.#lookedAt < followingMs;
    const [metadata, near] = await Promise.all([
      // Also finds out when the tenant is gone.
      this.#checkMetadata(step),
      this.#readLog(step, following),
    ]);
    // After a migration, the log may have been dropped and begun anew.
    const looked = !following || metadata !== this.#metadata;
    const { read, head } = looked && following ? await this.#readLog(step, false) : near;
    this.#read = {
      entries: read.entries.length,
      ends: {
        head: head ?? read.entries.at(-1)?.at.version ?? this.ends.head,
        tail: read.trimmed ?? this.ends.tail,
      },
      looked,
      metadata,
    };
    if (read.expired) return this.#reload(step);
    if (read.entries.length >= catchingUpEntries) this.hub.states.catchingUp(this);
    const deltas = new Map<string, RowDelta>();
    for (const entry of read.entries) deltaFor(deltas, this.info, entry, reader).add(entry);
    const work = this.#log.match(deltas.values());
    const drafts = new Map<FeedNode, Draft>();
    await Promise.all(
      Array.from(work, async ([node, rows]) => {
        try {
          step.evaluated.add(node);
          const draft = await node.advance(step, rows);
          if (draft !== undefined) drafts.set(node, draft);
        } catch (error) {
          step.fail(node, error);
        }
      }),
    );
    return drafts;
  }

  async #readLog({ reader }: Step, following: boolean) {
    const { source } = this.info;
    const [read, head] = await Promise.all([
      reader.log(source, this.position, { following }),
      following ? undefined : reader.head(source),
    ]);
    return { read, head };
  }

  /** The log no longer tells what happened: every node is read again and compared. */
  async #reload(step: Step): Promise<Map<FeedNode, Draft>> {
    const drafts = new Map<FeedNode, Draft>();
    await Promise.all(
      this.#log.all().map(async (node) => {
        try {
          step.evaluated.add(node);
          drafts.set(node, await node.evaluate(step));
        } catch (error) {
          step.fail(node, error);
        }
      }),
    );
    return drafts;
  }

  /** What writers keep up may change under a live query: its log, or the heads that it sleeps on. */
  async #checkMetadata(step: Step): Promise<SourceMetadata> {
    const metadata = await step.reader.metadata(this.info.source);
    this.#plan.setGroups(metadata.groups);
    if (metadata.logged) return metadata;
    const error = new MetadataRequiredError(
      `The migration that keeps the log of ${this.info.name} was dropped, so its live queries end. ` +
        `Add a migration with: create(metadata(${this.info.name})).`,
    );
    for (const node of this.#log.all()) step.fail(node, error);
    return metadata;
  }

  saw(): void {
    // A log has a head, whether or not a row is there.
  }

  arm(step: Step): void {
    this.blind = !this.#watches.arm(step, step.joining(this));
  }

  settle(step: Step): void {
    if (step.reader.version > this.position) this.position = step.reader.version;
    this.settledAt = Date.now();
    this.#note();
    this.#watches.settle();
  }

  #note(): void {
    if (this.#read === undefined) return;
    const { entries, ends, looked, metadata } = this.#read;
    if (metadata !== this.#metadata) this.#learn(metadata);
    this.stats.entries += entries;
    this.ends = ends;
    if (looked) this.#lookedAt = this.settledAt;
    this.#read = undefined;
  }

  #learn(metadata: SourceMetadata): void {
    this.#metadata = metadata;
    this.#log.learn(loggedFields(this.info, metadata));
  }

  dispose(): void {
    this.#watches.dispose();
  }
}
