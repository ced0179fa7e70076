/** Looks at a hub and at the subscriptions of a `Sync`, and tells what they are doing. */

import type { SyncHub, TenantHub } from "../hub/index.js";
import { type Feed, type LiveNode, LogFeed } from "../node/index.js";
import type { LiveSubscription } from "../subscription/index.js";
import type {
  InspectedFeed,
  InspectedQuery,
  InspectedReader,
  InspectedTotals,
  Inspection,
  InspectOptions,
} from "./inspection.js";
import { SubscriberCounts } from "./subscriber-counts.js";

/** Subscriptions that are told of. */
const slowestReaders = 10;

/** A node with what it is ranked by. */
interface Candidate {
  readonly tenant: string;
  readonly node: LiveNode;
  readonly subscribers: number;
}

function queryOf({ tenant, node, subscribers }: Candidate): InspectedQuery {
  const { hash, kind, source, rows, bytes, evaluations, wasted } = node;
  return { tenant, hash, kind, source, subscribers, rows, bytes, evaluations, wasted };
}

function queriesOf(hubs: readonly TenantHub[], top: number): readonly InspectedQuery[] {
  const all = hubs.flatMap((hub) => {
    const counts = new SubscriberCounts(hub.shapes);
    const tenant = hub.tenant.id;
    return Array.from(hub.nodes.values(), (node) => ({ tenant, node, subscribers: counts.of(node) }));
  });
  const work = (a: Candidate, b: Candidate) =>
    b.node.evaluations - a.node.evaluations || b.subscribers - a.subscribers || b.node.rows - a.node.rows;
  return all.sort(work).slice(0, top).map(queryOf);
}

function feedsOf(hubs: readonly TenantHub[], top: number): readonly InspectedFeed[] {
  const all = hubs.flatMap((hub) => Array.from(hub.feeds.values(), (feed) => ({ hub, feed })));
  return all
    .sort((a, b) => b.feed.stats.entries - a.feed.stats.entries || b.feed.nodeCount - a.feed.nodeCount)
    .slice(0, top)
    .map(({ hub, feed }) => feedOf(hub, feed));
}

function totalsOf(hubs: readonly TenantHub[]): InspectedTotals {
  const totals = { queries: 0, feeds: 0, rows: 0, evaluations: 0, wasted: 0 };
  for (const { nodes, feeds } of hubs) {
    totals.queries += nodes.size;
    totals.feeds += feeds.size;
    for (const { rows, evaluations, wasted } of nodes.values()) {
      totals.rows += rows;
      totals.evaluations += evaluations;
      totals.wasted += wasted;
    }
  }
  return totals;
}

function feedOf(hub: TenantHub, feed: Feed): InspectedFeed {
  const { id, state, position: version, watchCount: watches, nodeCount: queries, stats } = feed;
  const { head = null, tail = null } = feed instanceof LogFeed ? feed.ends : {};
  const lagMs = hub.lagMs(feed);
  const ageMs = Date.now() - feed.settledAt;
  return { tenant: hub.tenant.id, id, state, version, head, tail, lagMs, ageMs, watches, queries, ...stats };
}

function slowest(subscriptions: Iterable<LiveSubscription>): InspectedReader[] {
  const behind: InspectedReader[] = [];
  for (const { tenant, labels, state, backlog } of subscriptions) {
    if (backlog.transitions > 0) behind.push({ tenant: tenant.id, labels, state, ...backlog });
  }
  return behind.sort((a, b) => b.ageMs - a.ageMs || b.bytes - a.bytes).slice(0, slowestReaders);
}

export function inspectHub(
  hub: SyncHub,
  subscriptions: ReadonlySet<LiveSubscription>,
  options: InspectOptions = {},
): Inspection {
  const { top = Number.POSITIVE_INFINITY } = options;
  const { tenants } = hub;
  return {
    subscriptions: subscriptions.size,
    watches: hub.watchCount,
    ...hub.stats,
    latency: hub.latencies.percentiles(),
    totals: totalsOf(tenants),
    queries: queriesOf(tenants, top),
    feeds: feedsOf(tenants, top),
    slowest: slowest(subscriptions),
  };
}
