/** What `sync.inspect` tells: queries, feeds, readers, and the work that they are. */

import type { Percentiles } from "../hub/index.js";
import type { SubscriptionState } from "../live/index.js";
import type { FeedState } from "../node/index.js";

/** One live query that is kept up to date. */
export interface InspectedQuery {
  readonly tenant: string;
  readonly hash: string;
  readonly kind: string;
  readonly source: string;
  /** Subscriptions that show it, as a label or inside one (`each`, `authorize`). */
  readonly subscribers: number;
  /** Rows that it shows, or counts. */
  readonly rows: number;
  /**
   * Memory that its rows take, spare ones beyond a window's edge too. An estimate: up to 16 of the rows are weighed
   * when `inspect` is called. What several queries share is counted for each; rows inside `each` for their own query.
   */
  readonly bytes: number;
  /** How often a change made it work out its value anew, and how often nothing visible came of it. */
  readonly evaluations: number;
  readonly wasted: number;
}

/** One log, or one row of a source without a log, that is watched. */
export interface InspectedFeed {
  readonly tenant: string;
  readonly id: string;
  readonly state: FeedState;
  /** All commits up to this version are in the values of its queries. */
  readonly version: bigint;
  /**
   * Version of the newest change of the source that this process has heard of; 0 when it has none. Null for a row
   * without a log.
   */
  readonly head: bigint | null;
  /** The log holds nothing up to this version; read again every 30 s or with the heartbeat after. Null as `head`. */
  readonly tail: bigint | null;
  /**
   * Milliseconds for which changes may be missing in the values: since a watch fired whose changes are not read yet,
   * or, while watches are refused, since the last read; 0 when there are none that this process knows of.
   */
  readonly lagMs: number;
  /** Milliseconds since it was last read. */
  readonly ageMs: number;
  readonly watches: number;
  readonly queries: number;
  /** Log entries read, evaluations of queries that they led to, and those that changed nothing visible. */
  readonly entries: number;
  readonly evaluations: number;
  readonly wasted: number;
}

/** A subscription with readers (loops, streams) that have not taken everything. */
export interface InspectedReader {
  readonly tenant: string;
  readonly labels: readonly string[];
  readonly state: SubscriptionState | "closed";
  /** What waits for its readers; several transitions that were made one count as one. */
  readonly transitions: number;
  /** Bytes that they hold, as the budget counts them. */
  readonly bytes: number;
  /** Milliseconds for which the oldest has been waiting. */
  readonly ageMs: number;
}

export interface InspectOptions {
  /** Queries and feeds that are told of, those that have caused most work first; default all. */
  readonly top?: number;
}

/** Sums over all queries and feeds, told of or not. */
export interface InspectedTotals {
  readonly queries: number;
  readonly feeds: number;
  readonly rows: number;
  readonly evaluations: number;
  readonly wasted: number;
}

/** What a Sync is doing at the moment. Queries, feeds, watches and work are those of all `Sync`s of the Repo. */
export interface Inspection {
  /** Of this `Sync`. */
  readonly subscriptions: number;
  /** Watches held. */
  readonly watches: number;
  /** Read transactions so far, and transitions that were told (one for all subscriptions with equal labels). */
  readonly ticks: number;
  readonly transitions: number;
  /**
   * Milliseconds from a fired watch until everybody was told: until the last listener had returned and every reader
   * had the transition, of the newest 1,024 reads that a watch started and that told something. The way from the
   * commit to the watch is the engine's and not part of it.
   */
  readonly latency: Percentiles;
  readonly totals: InspectedTotals;
  readonly queries: readonly InspectedQuery[];
  readonly feeds: readonly InspectedFeed[];
  /** The ten subscriptions of this `Sync` whose readers have let something wait for the longest time. */
  readonly slowest: readonly InspectedReader[];
}
