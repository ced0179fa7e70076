/** A set of labelled live queries that some subscriptions show, and what is made once for all of them. */

import type { Tenant } from "../../tenant/index.js";
import type { CursorKeys } from "../cursor/index.js";
import type { Queries, SnapshotReason, SyncCursor, VersionedTransition } from "../live/index.js";
import type { Feed } from "../node/index.js";
import { snapshotTransition, type Views } from "../view/index.js";
import { encodeSyncCursor, type LabelDigests, labelDigests } from "./cursor.js";
import type { Label } from "./label.js";
import type { Subscriber } from "./subscriber.js";

/** Subscriptions with the same labels on the same queries share one: its value, its transitions and its cursors. */
export class Shape {
  readonly labels: readonly Label[];
  readonly names: readonly string[];
  readonly subscribers = new Set<Subscriber>();
  /** Everything that has to be at one version for the labels to be. */
  feeds: ReadonlySet<Feed> = new Set();
  #fixedVersion: bigint;
  #value: Readonly<Record<string, unknown>> | undefined;
  #views: Views | undefined;
  #initial: { readonly version: bigint; readonly transition: VersionedTransition } | undefined;
  #cursor: { readonly version: bigint; readonly text: SyncCursor } | undefined;

  /** Made at once, because nodes forget what they stand on when they are given up. */
  readonly digests: LabelDigests;

  constructor(
    private readonly tenant: Tenant,
    private readonly keys: CursorKeys,
    readonly key: string,
    labels: readonly Label[],
    version: bigint,
  ) {
    this.labels = labels;
    this.names = Object.freeze(labels.map(({ name }) => name));
    this.#fixedVersion = version;
    this.digests = labelDigests(labels);
  }

  static keyOf(labels: readonly Label[]): string {
    return JSON.stringify(labels.map(({ name, node }) => [name, node.identity]));
  }

  get version(): bigint {
    for (const feed of this.feeds) return feed.position;
    return this.#fixedVersion;
  }

  /** Without feeds nothing of it ever moves, so it is complete at any version. */
  reach(version: bigint): void {
    if (this.feeds.size > 0 || version <= this.#fixedVersion) return;
    this.#fixedVersion = version;
    this.#views = undefined;
    this.#initial = undefined;
  }

  /** The values by label, built when somebody looks. */
  get value(): Readonly<Record<string, unknown>> {
    this.#value ??= Object.freeze(
      Object.fromEntries(this.labels.map(({ name, node }) => [name, node.view.value])),
    );
    return this.#value;
  }

  get queries(): Queries {
    return Object.fromEntries(this.labels.map(({ name, live }) => [name, live]));
  }

  cursorAt(version: bigint): SyncCursor {
    if (this.#cursor?.version !== version) {
      const text = encodeSyncCursor(this.keys, this.tenant, this.labels, this.digests, version);
      this.#cursor = { version, text };
    }
    return this.#cursor.text;
  }

  /** The cursor at a version, made when somebody looks; at once where it depends on what is shown now. */
  cursorFor(version: bigint): () => SyncCursor {
    if (!this.labels.some(({ node }) => node.gated || node.makes)) return () => this.cursorAt(version);
    const text = this.cursorAt(version);
    return () => text;
  }

  /** The whole value as a transition; one object for all subscriptions that begin at the same version. */
  snapshot(reason: SnapshotReason, labels: readonly string[] | undefined): VersionedTransition {
    const { version } = this;
    const known = this.#initial;
    if (reason === "initial" && labels === undefined && known?.version === version) return known.transition;
    const transition = snapshotTransition(
      reason,
      version,
      this.cursorFor(version),
      this.value,
      labels ?? this.names,
    );
    if (reason === "initial" && labels === undefined) this.#initial = { version, transition };
    return transition;
  }

  /** What the labels show now; stays as it is when they move on. */
  views(): Views {
    const { version } = this;
    if (this.#views?.version === version) return this.#views;
    const cursor = this.cursorFor(version);
    const views: Views = {
      version,
      get cursor() {
        return cursor();
      },
      labels: new Map(this.labels.map(({ name, node: { view, fields } }) => [name, { view, fields }])),
    };
    this.#views = views;
    return views;
  }

  /** Forgets the built value, after a node has moved. */
  moved(): void {
    this.#cursor = undefined;
    this.#views = undefined;
    this.#initial = undefined;
    this.#value = undefined;
  }

  /** Links the feeds of the labels, so that they move together; to be called when the feeds changed. */
  link(): void {
    const feeds = new Set<Feed>();
    for (const { node } of this.labels) node.collectFeeds(feeds);
    this.#unlink();
    this.feeds = feeds;
    // A star is enough: what is connected moves together.
    const [centre, ...others] = feeds;
    for (const feed of others) {
      count(centre!, feed, 1);
      count(feed, centre!, 1);
    }
  }

  #unlink(): void {
    const [centre, ...others] = this.feeds;
    for (const feed of others) {
      count(centre!, feed, -1);
      count(feed, centre!, -1);
    }
  }

  dispose(): void {
    // A subscription that was closed keeps the version it had.
    this.#fixedVersion = this.version;
    this.#unlink();
    this.feeds = new Set();
  }
}

function count(from: Feed, to: Feed, by: 1 | -1): void {
  const next = (from.links.get(to) ?? 0) + by;
  if (next === 0) from.links.delete(to);
  else from.links.set(to, next);
}
