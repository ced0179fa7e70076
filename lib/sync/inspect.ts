import type { SyncHub } from "./hub.js";
import type { LiveSubscription } from "./live-subscription.js";
import { LogFeed } from "./log-feed.js";
import type { LiveNode } from "./node.js";
import type { TenantHub } from "./tenant-hub.js";

/** One live query that is kept up to date. */
export interface InspectedQuery {
  readonly tenant: string;
  readonly hash: string;
  readonly kind: string;
  readonly source: string;
  /** Subscriptions that show it. */
  readonly subscribers: number;
  /** Rows that are shown. */
  readonly rows: number;
}

/** One log, or one row, that is watched. */
export interface InspectedFeed {
  readonly tenant: string;
  readonly id: string;
  readonly state: string;
  readonly version: bigint;
  readonly watches: number;
  readonly queries: number;
  /** Log entries read, evaluations of queries that they led to, and those that changed nothing. */
  readonly entries: number;
  readonly evaluations: number;
  readonly wasted: number;
}

/** What a Sync is doing at the moment. */
export interface Inspection {
  readonly subscriptions: number;
  readonly watches: number;
  /** Read transactions so far, and transitions that were told. */
  readonly ticks: number;
  readonly transitions: number;
  readonly queries: readonly InspectedQuery[];
  readonly feeds: readonly InspectedFeed[];
  /** What waits for the readers that are furthest behind. */
  readonly slowest: readonly {
    readonly labels: readonly string[];
    readonly transitions: number;
    readonly bytes: number;
  }[];
}

function queryOf(hub: TenantHub, node: LiveNode): InspectedQuery {
  let subscribers = 0;
  for (const shape of node.shapes) subscribers += shape.subscribers.size;
  return {
    tenant: hub.tenant.id,
    hash: node.hash,
    kind: node.kind,
    source: node.source,
    subscribers,
    rows: node.view.entries.length,
  };
}

export function inspectHub(hub: SyncHub, subscriptions: Iterable<LiveSubscription>): Inspection {
  const own = [...subscriptions];
  const queries: InspectedQuery[] = [];
  const feeds: InspectedFeed[] = [];
  let ticks = 0;
  let transitions = 0;
  for (const tenant of hub.tenants) {
    ticks += tenant.stats.ticks;
    transitions += tenant.stats.transitions;
    for (const node of tenant.nodes.values()) queries.push(queryOf(tenant, node));
    for (const feed of tenant.feeds.values()) {
      const stats = feed instanceof LogFeed ? feed.stats : { entries: 0, evaluations: 0, wasted: 0 };
      const { id, state, position: version, watchCount: watches, nodeCount } = feed;
      feeds.push({ tenant: tenant.tenant.id, id, state, version, watches, queries: nodeCount, ...stats });
    }
  }
  const behind = own.map((subscription) => ({ labels: subscription.labels, ...subscription.backlog }));
  const slowest = behind
    .filter((reader) => reader.transitions > 0)
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, 10);
  return { subscriptions: own.length, watches: hub.watchCount, ticks, transitions, queries, feeds, slowest };
}
