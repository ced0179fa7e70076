/** What `sync.inspect` tells: queries, feeds, readers, and the work that they are. */

import type { Percentiles } from "../hub/index.js";
import type { SubscriptionState } from "../live/index.js";
import type { FeedState } from "../node/index.js";

/** One live query that is kept up to date. */
export interface InspectedQuery {
  /** The id of the tenant that it is of. */
  readonly tenant: string;
  /** Equal for queries that mean the same, on every process. */
  readonly hash: string;
  /** The word of Sync that has made it, as `all` or `count`. */
  readonly kind: string;
  /** The source whose rows it shows or counts. */
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
  /** How often a change made it work out its value anew. */
  readonly evaluations: number;
  /** How often nothing visible came of it. */
  readonly wasted: number;
}

/** One log, or one row of a source without a log, that is watched. */
export interface InspectedFeed {
  /** The id of the tenant that it is of. */
  readonly tenant: string;
  /** The source of the log, or the row. */
  readonly id: string;
  /** `"polling"` while watches are refused, `"catching-up"` when much has happened since the last read. */
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
  /** Watches that it holds. */
  readonly watches: number;
  /** Live queries that stand on it. */
  readonly queries: number;
  /** Log entries that were read. */
  readonly entries: number;
  /** Evaluations of queries that they led to. */
  readonly evaluations: number;
  /** Evaluations that changed nothing visible. */
  readonly wasted: number;
}

/** A subscription with readers (loops, streams) that have not taken everything. */
export interface InspectedReader {
  /** The id of the tenant that it is of. */
  readonly tenant: string;
  /** The labels that its subscription shows. */
  readonly labels: readonly string[];
  /** How its subscription goes on. */
  readonly state: SubscriptionState | "closed";
  /** What waits for its readers; several transitions that were made one count as one. */
  readonly transitions: number;
  /** Bytes that they hold, as the budget counts them. */
  readonly bytes: number;
  /** Milliseconds for which the oldest has been waiting. */
  readonly ageMs: number;
}

/** Options of `sync.inspect`. */
export interface InspectOptions {
  /** Queries and feeds that are told of, those that have caused most work first; default all. */
  readonly top?: number;
}

/** Sums over all queries and feeds, told of or not. */
export interface InspectedTotals {
  /** Live queries. */
  readonly queries: number;
  /** Logs and single rows that are watched. */
  readonly feeds: number;
  /** Rows that the queries show or count. */
  readonly rows: number;
  /** How often a change made a query work out its value anew. */
  readonly evaluations: number;
  /** How often nothing visible came of it. */
  readonly wasted: number;
}

/** What a Sync is doing at the moment. Queries, feeds, watches and work are those of all `Sync`s of the Repo. */
export interface Inspection {
  /** Of this `Sync`. */
  readonly subscriptions: number;
  /** Watches held. */
  readonly watches: number;
  /** Read transactions so far. */
  readonly ticks: number;
  /** Transitions that were told so far (one for all subscriptions with equal labels). */
  readonly transitions: number;
  /**
   * Milliseconds from a fired watch until everybody was told: until the last listener had returned and every reader
   * had the transition, of the newest 1,024 reads that a watch started and that told something. The way from the
   * commit to the watch is the engine's and not part of it.
   */
  readonly latency: Percentiles;
  /** Sums over all queries and feeds. */
  readonly totals: InspectedTotals;
  /** The live queries, those that have caused most work first. */
  readonly queries: readonly InspectedQuery[];
  /** The feeds, those that have caused most work first. */
  readonly feeds: readonly InspectedFeed[];
  /** The ten subscriptions of this `Sync` whose readers have let something wait for the longest time. */
  readonly slowest: readonly InspectedReader[];
}
