/** The feed of a source with a log: reads its new entries and leads the nodes that they concern. */

import type { Watch } from "../../engine/index.js";
import { MetadataRequiredError } from "../../errors.js";
import type { SourceMetadata } from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import { deltaFor, loggedFields, Matcher, type RowDelta } from "../log/index.js";
import type { Draft } from "../view/index.js";
import type { Feed, FeedNode, FeedState, FeedStats, NodeHub, Step } from "./contracts.js";
import { HeadPlan } from "./head-plan.js";
import { KeyWatch } from "./key-watch.js";
import { RowNode } from "./row-node.js";

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
  readonly #matcher = new Matcher<FeedNode>();
  readonly #rows = new Map<string, Set<RowNode>>();
  #rowCount = 0;
  readonly #plan: HeadPlan;
  /** By the watched key, as text. */
  readonly #watches = new Map<string, KeyWatch>();
  #pending = new Map<string, Watch>();
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

  constructor(
    private readonly hub: NodeHub,
    readonly info: SchemaInfo,
    /** Fields whose old and new values the log holds. */
    private logged: ReadonlySet<string>,
    /** As of the transaction that reads its first nodes, from which on it follows the log. */
    metadata: SourceMetadata,
    /** The log as far as it is known. */
    public ends: LogEnds,
  ) {
    this.id = LogFeed.idOf(info.source);
    this.#metadata = metadata;
    this.#plan = new HeadPlan(hub.tenant, info.source);
    this.#plan.setGroups(metadata.groups);
  }

  static idOf(source: string): string {
    return `log:${source}`;
  }

  get nodeCount(): number {
    return this.#matcher.size + this.#rowCount;
  }

  /** Whether log entries tell the old and new values of a field. */
  logs(field: string): boolean {
    return this.logged.has(field);
  }

  get watchCount(): number {
    let count = 0;
    for (const watch of this.#watches.values()) if (watch.armed) count++;
    return count;
  }

  join(node: FeedNode): void {
    this.#plan.add(node);
    if (!(node instanceof RowNode)) {
      this.#matcher.add(node, node.tests, (field) => this.logs(field));
      return;
    }
    const nodes = this.#rows.get(node.key);
    if (nodes === undefined) this.#rows.set(node.key, new Set([node]));
    else nodes.add(node);
    this.#rowCount++;
  }

  leave(node: FeedNode): void {
    this.#plan.remove(node);
    if (node instanceof RowNode) {
      const nodes = this.#rows.get(node.key);
      if (nodes?.delete(node)) this.#rowCount--;
      if (nodes?.size === 0) this.#rows.delete(node.key);
    } else this.#matcher.remove(node);
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
    const work = this.#match(deltas.values());
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

  #match(deltas: Iterable<RowDelta>): Map<FeedNode, RowDelta[]> {
    const work = new Map<FeedNode, RowDelta[]>();
    const found = new Set<FeedNode>();
    for (const delta of deltas) {
      found.clear();
      if (this.#matcher.size > 0) delta.eachState((values) => this.#matcher.candidates(values, found));
      for (const node of this.#rows.get(delta.key) ?? []) found.add(node);
      for (const node of found) {
        const rows = work.get(node);
        if (rows === undefined) work.set(node, [delta.as(node.info)]);
        else rows.push(delta.as(node.info));
      }
    }
    return work;
  }

  /** The log no longer tells what happened: every node is read again and compared. */
  async #reload(step: Step): Promise<Map<FeedNode, Draft>> {
    const drafts = new Map<FeedNode, Draft>();
    await Promise.all(
      this.#nodes().map(async (node) => {
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
    for (const node of this.#nodes()) step.fail(node, error);
    return metadata;
  }

  #nodes(): FeedNode[] {
    return [...this.#matcher.items(), ...[...this.#rows.values()].flatMap((nodes) => [...nodes])];
  }

  saw(): void {
    // A log has a head, whether or not a row is there.
  }

  arm(step: Step): void {
    this.#pending = new Map();
    const wanted = this.#plan.wanted(step.joining(this));
    this.blind = !this.#plan.isWhole(wanted);
    for (const key of wanted) {
      if (this.#watches.get(key)?.armed !== true)
        this.#pending.set(key, step.watch(Buffer.from(key, "latin1")));
    }
  }

  settle(step: Step): void {
    if (step.reader.version > this.position) this.position = step.reader.version;
    this.settledAt = Date.now();
    this.#note();
    for (const [key, watch] of this.#pending) this.#watchOf(key).take(watch);
    this.#pending = new Map();
    const wanted = this.#plan.wanted();
    for (const [key, watch] of this.#watches) {
      if (wanted.has(key)) continue;
      watch.release();
      this.#watches.delete(key);
    }
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

  /** An index that came or went changes by which fields queries are found. */
  #learn(metadata: SourceMetadata): void {
    this.#metadata = metadata;
    const logged = loggedFields(this.info, metadata);
    if (logged.size === this.logged.size && [...logged].every((field) => this.logged.has(field))) return;
    this.logged = logged;
    for (const node of [...this.#matcher.items()]) {
      this.#matcher.remove(node);
      this.#matcher.add(node, node.tests, (field) => this.logs(field));
    }
  }

  #watchOf(key: string): KeyWatch {
    let watch = this.#watches.get(key);
    if (watch === undefined) {
      watch = new KeyWatch(Buffer.from(key, "latin1"), {
        fired: () => this.hub.poke(this, performance.now()),
        failed: (refused) => this.hub.states.watchFailed(this, refused),
      });
      this.#watches.set(key, watch);
    }
    return watch;
  }

  /** Whether every key that has to be watched is. */
  get watched(): boolean {
    for (const key of this.#plan.wanted()) if (this.#watches.get(key)?.armed !== true) return false;
    return true;
  }

  dispose(): void {
    for (const watch of this.#watches.values()) watch.release();
    this.#watches.clear();
  }
}
