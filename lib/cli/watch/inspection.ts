import { InspectionError } from "../../errors.js";
import type { Inspection } from "../../sync/index.js";
import { bytes, count } from "../output/numbers.js";
import { tableLines } from "../output/table.js";

/** `sync.inspect()` as it comes over HTTP; versions are text. */
export type ServedInspection = Omit<Inspection, "feeds"> & {
  readonly feeds: readonly (Omit<Inspection["feeds"][number], "version"> & { readonly version: string })[];
};

/** Rows of a table that are shown, the most important first. */
const TOP = 10;

const HOW =
  "Serve it from the application: new Response(JSON.stringify(sync.inspect(), (_, v) => " +
  '(typeof v === "bigint" ? String(v) : v)))';

/** Asks a server for its `sync.inspect()`. Throws `InspectionError` when there is none, with the line that serves it. */
export async function fetchInspection(url: string, signal: AbortSignal): Promise<ServedInspection> {
  let response: Response;
  try {
    response = await fetch(url, { signal, headers: { accept: "application/json" } });
  } catch (error) {
    signal.throwIfAborted();
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new InspectionError(`${url} cannot be reached: ${cause}`, { cause: error });
  }
  const served: unknown = response.ok ? await response.json().catch(() => undefined) : undefined;
  if (isInspection(served)) return served;
  throw new InspectionError(`${url} does not serve sync.inspect() (status ${response.status}). ${HOW}`);
}

function isInspection(value: unknown): value is ServedInspection {
  if (typeof value !== "object" || value === null) return false;
  const { queries, feeds, slowest } = value as Partial<ServedInspection>;
  return [queries, feeds, slowest].every((list) => Array.isArray(list));
}

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
    `subscriptions ${count(now.subscriptions)}   live queries ${count(now.queries.length)}   ` +
      `watches ${count(now.watches)}   reads ${grown(now.ticks, before?.ticks, seconds)}   ` +
      `transitions ${grown(now.transitions, before?.transitions, seconds)}`,
    "",
    ...queryLines(now),
    "",
    ...feedLines(now),
    ...slowLines(now),
  ];
}

function queryLines({ queries }: ServedInspection): string[] {
  const top = [...queries].sort((a, b) => b.subscribers - a.subscribers).slice(0, TOP);
  return tableLines(
    [
      { title: "tenant" },
      { title: "live query" },
      { title: "source" },
      { title: "subscribers", align: "right" },
      { title: "rows", align: "right" },
    ],
    top.map((query) => [
      query.tenant,
      `${query.kind} ${query.hash.slice(0, 12)}`,
      query.source,
      count(query.subscribers),
      count(query.rows),
    ]),
  );
}

function feedLines({ feeds }: ServedInspection): string[] {
  const top = [...feeds].sort((a, b) => b.entries - a.entries).slice(0, TOP);
  return tableLines(
    [
      { title: "tenant" },
      { title: "feed" },
      { title: "state" },
      { title: "queries", align: "right" },
      { title: "entries", align: "right" },
      { title: "evaluations", align: "right" },
      { title: "wasted", align: "right" },
    ],
    top.map((feed) => [
      feed.tenant,
      feed.id,
      feed.state,
      count(feed.queries),
      count(feed.entries),
      count(feed.evaluations),
      count(feed.wasted),
    ]),
  );
}

function slowLines({ slowest }: ServedInspection): string[] {
  if (slowest.length === 0) return [];
  const rows = slowest.map((reader) => [
    reader.labels.join(", "),
    count(reader.transitions),
    bytes(reader.bytes),
  ]);
  const columns = [
    { title: "slow reader" },
    { title: "waiting", align: "right" as const },
    { title: "bytes", align: "right" as const },
  ];
  return ["", ...tableLines(columns, rows)];
}
