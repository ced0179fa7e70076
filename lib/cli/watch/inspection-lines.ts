/** Shows the `sync.inspect()` of a server as lines: totals, live queries, feeds and slow readers. */

import type { ServedInspection } from "../../sync/index.js";
import { bytes, count, duration, share, tableLines } from "../output/index.js";
import { ago } from "./ago.js";

/** Rows of a table that are shown, the most important first. */
const TOP = 10;

/** A number that grew since the frame before, with its rate. */
function grown(now: number, before: number | undefined, seconds: number): string {
  return before === undefined
    ? count(now)
    : `${count(now)} (${count(Math.round((now - before) / seconds))}/s)`;
}

/** One frame: totals, then the busiest queries, feeds and readers. */
export function inspectionLines(
  now: ServedInspection,
  before: ServedInspection | undefined,
  seconds: number,
): string[] {
  return [
    ...totalLines(now, before, seconds),
    "",
    ...queryLines(now),
    "",
    ...feedLines(now),
    ...slowLines(now),
  ];
}

function totalLines(now: ServedInspection, before: ServedInspection | undefined, seconds: number): string[] {
  const { totals, latency } = now;
  const evaluations = grown(totals.evaluations, before?.totals.evaluations, seconds);
  const ms = (value: number | null) => (value === null ? "-" : `${value.toFixed(1)} ms`);
  return [
    `subscriptions ${count(now.subscriptions)}   live queries ${count(totals.queries)}   ` +
      `watches ${count(now.watches)}   reads ${grown(now.ticks, before?.ticks, seconds)}   ` +
      `transitions ${grown(now.transitions, before?.transitions, seconds)}`,
    `rows ${count(totals.rows)}   evaluations ${evaluations}   wasted ${share(totals.wasted, totals.evaluations)}   ` +
      `watch to told p50 ${ms(latency.p50Ms)}  p99 ${ms(latency.p99Ms)}`,
  ];
}

function queryLines({ queries, totals }: ServedInspection): string[] {
  const top = queries.slice(0, TOP);
  const lines = tableLines(
    [
      { title: "tenant" },
      { title: "live query" },
      { title: "source" },
      { title: "subscribers", align: "right" },
      { title: "rows", align: "right" },
      { title: "memory", align: "right" },
      { title: "evaluations", align: "right" },
      { title: "wasted", align: "right" },
    ],
    top.map((query) => [
      query.tenant,
      `${query.kind} ${query.hash.slice(0, 12)}`,
      query.source,
      count(query.subscribers),
      count(query.rows),
      bytes(query.bytes),
      count(query.evaluations),
      count(query.wasted),
    ]),
  );
  return [...lines, ...more(totals.queries - top.length)];
}

/** How many rows a table leaves out. */
const more = (rest: number): string[] => (rest > 0 ? [`and ${count(rest)} more`] : []);

function feedLines({ feeds, totals }: ServedInspection): string[] {
  const top = feeds.slice(0, TOP);
  const lines = tableLines(
    [
      { title: "tenant" },
      { title: "feed" },
      { title: "state" },
      { title: "queries", align: "right" },
      { title: "watches", align: "right" },
      { title: "last change", align: "right" },
      { title: "reaches back", align: "right" },
      { title: "lag", align: "right" },
      { title: "entries", align: "right" },
      { title: "evaluations", align: "right" },
      { title: "wasted", align: "right" },
    ],
    top.map((feed) => [
      feed.tenant,
      feed.id,
      feed.state,
      count(feed.queries),
      count(feed.watches),
      since(feed.head, feed),
      since(feed.tail, feed),
      duration(feed.lagMs),
      count(feed.entries),
      count(feed.evaluations),
      count(feed.wasted),
    ]),
  );
  return [...lines, ...more(totals.feeds - top.length)];
}

/** How long ago a version of a feed was, by the version and the time of its last read. */
function since(
  version: string | null,
  { version: read, ageMs }: { readonly version: string; readonly ageMs: number },
): string {
  return version === null ? "-" : ago(BigInt(version), BigInt(read), ageMs);
}

function slowLines({ slowest }: ServedInspection): string[] {
  if (slowest.length === 0) return [];
  const rows = slowest.map((reader) => [
    reader.tenant,
    reader.labels.join(", "),
    reader.state,
    count(reader.transitions),
    bytes(reader.bytes),
    duration(reader.ageMs),
  ]);
  const columns = [
    { title: "tenant" },
    { title: "slow reader" },
    { title: "state" },
    { title: "waiting", align: "right" as const },
    { title: "bytes", align: "right" as const },
    { title: "for", align: "right" as const },
  ];
  return ["", ...tableLines(columns, rows)];
}
