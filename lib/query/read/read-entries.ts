/** Reads the index entries of a plan, in the plan's order. */

import {
  compareBytes,
  concatBytes,
  firstGreaterOrEqual,
  type KeyValue,
  keyAfter,
  type RangeBatch,
  readRange,
  readRangeAll,
  StreamingMode,
  type Transaction,
} from "../../engine/index.js";
import type { KeyRange, LayerContext } from "../../layer/index.js";
import { distinctGroup, type Plan, type Span } from "../plan/index.js";
import type { QueryAst } from "../words/index.js";
import { customRange } from "./custom-range.js";
import { absolute, type Entry } from "./path-keys.js";

export interface EntryOptions {
  readonly snapshot: boolean;
  /** Entries at most; `undefined` is all of them. */
  readonly limit: number | undefined;
}

interface PairOptions extends EntryOptions {
  readonly reverse: boolean;
}

/** The first reply of a range, which is the whole of it as a rule. */
function firstPairs(
  tx: Transaction,
  { begin, end }: KeyRange,
  { limit, snapshot, reverse }: PairOptions,
): Promise<RangeBatch> {
  const mode = limit === undefined ? StreamingMode.wantAll : StreamingMode.exact;
  const options = { limit: limit ?? 0, reverse, snapshot, mode };
  return tx.getRange(firstGreaterOrEqual(begin), firstGreaterOrEqual(end), options);
}

/** What the first reply has left of a range. */
async function allPairs(
  tx: Transaction,
  { begin, end }: KeyRange,
  { limit, snapshot, reverse }: PairOptions,
  { rows, more }: RangeBatch,
): Promise<readonly KeyValue[]> {
  const last = rows.at(-1)?.[0];
  if (!more || last === undefined || rows.length === limit) return rows;
  const left = limit === undefined ? {} : { limit: limit - rows.length };
  const rest = reverse ? { begin, end: last } : { begin: keyAfter(last), end };
  return [...rows, ...(await readRangeAll(tx, rest.begin, rest.end, { snapshot, reverse, ...left }))];
}

/** The entries of one key range. */
export async function readSpan(
  ctx: LayerContext,
  prefix: Uint8Array,
  plan: Plan,
  span: Span,
  { snapshot, limit }: EntryOptions,
): Promise<readonly Entry[]> {
  const range = absolute(prefix, span);
  if (span.point) {
    const value = await ctx.tx.get(range.begin, snapshot);
    return value === undefined ? [] : [{ raw: range.begin, key: span.begin, value }];
  }
  const options: PairOptions = { snapshot, limit, reverse: plan.reverse };
  const first = await firstPairs(ctx.tx, range, options);
  const rows = first.more ? await allPairs(ctx.tx, range, options, first) : first.rows;
  return rows.map(([raw, value]) => ({ raw, key: raw.subarray(prefix.length), value }));
}

/** Entries of several spans in the order of what follows each span's fixed elements. */
function merge(plan: Plan, lists: readonly (readonly Entry[])[]): readonly Entry[] {
  const sign = plan.reverse ? -1 : 1;
  const all = lists.flatMap((entries, i) =>
    entries.map((entry) => ({ entry, rest: entry.key.subarray(plan.spans[i]!.prefixLength) })),
  );
  all.sort((a, b) => sign * compareBytes(a.rest, b.rest));
  return all.map(({ entry }) => entry);
}

async function readDistinct(
  ctx: LayerContext,
  prefix: Uint8Array,
  plan: Plan,
  options: EntryOptions,
): Promise<readonly Entry[]> {
  const found: Entry[] = [];
  for (const span of plan.spans) {
    let rest = span;
    while (options.limit === undefined || found.length < options.limit) {
      const [entry] = await readSpan(ctx, prefix, plan, rest, { ...options, limit: 1 });
      if (entry === undefined) break;
      found.push(entry);
      if (span.point) break;
      const group = distinctGroup(plan, entry.key);
      rest = plan.reverse ? { ...rest, end: group } : { ...rest, begin: concatBytes(group, Buffer.of(0xff)) };
      if (compareBytes(rest.begin, rest.end) >= 0) break;
    }
  }
  return found;
}

/** The entries that a custom index keeps for the query's conditions. */
export async function readCustomEntries(
  ctx: LayerContext,
  ast: QueryAst,
  plan: Plan,
  { snapshot, limit }: EntryOptions,
): Promise<readonly Entry[]> {
  const range = customRange(ctx.tenant, ast, plan.path.index!);
  const options: PairOptions = { snapshot, limit, reverse: plan.reverse };
  const pairs = await allPairs(ctx.tx, range, options, await firstPairs(ctx.tx, range, options));
  return pairs.map(([raw, value]) => ({ raw, key: raw.subarray(ctx.tenant.prefix.length), value }));
}

/** The entries of a plan in its order. Without a limit all spans are read at once, else one after the other. */
export function readEntries(
  ctx: LayerContext,
  prefix: Uint8Array,
  plan: Plan,
  options: EntryOptions,
): Promise<readonly Entry[]> {
  if (plan.distinct !== undefined) return readDistinct(ctx, prefix, plan, options);
  const [only] = plan.spans;
  if (plan.spans.length === 1 && only !== undefined) return readSpan(ctx, prefix, plan, only, options);
  return readSpans(ctx, prefix, plan, options);
}

async function readSpans(
  ctx: LayerContext,
  prefix: Uint8Array,
  plan: Plan,
  options: EntryOptions,
): Promise<readonly Entry[]> {
  const { limit } = options;
  if (plan.arrange === "merge") {
    const lists = await Promise.all(plan.spans.map((span) => readSpan(ctx, prefix, plan, span, options)));
    return merge(plan, lists).slice(0, limit);
  }
  const points = plan.spans.every(({ point }) => point);
  if (limit === undefined || (points && plan.spans.length <= limit)) {
    return (await Promise.all(plan.spans.map((span) => readSpan(ctx, prefix, plan, span, options)))).flat();
  }
  const found: Entry[] = [];
  for (const span of plan.spans) {
    const entries = await readSpan(ctx, prefix, plan, span, { ...options, limit: limit - found.length });
    for (const entry of entries) found.push(entry);
    if (found.length >= limit) break;
  }
  return found;
}

/** The entries of a plan one by one, in small batches: for readers that do not know how many they need. */
export async function* streamEntries(
  ctx: LayerContext,
  prefix: Uint8Array,
  plan: Plan,
  snapshot: boolean,
): AsyncGenerator<Entry> {
  if (plan.arrange === "merge") {
    yield* await readEntries(ctx, prefix, plan, { snapshot, limit: undefined });
    return;
  }
  for (const span of plan.spans) {
    if (span.point) {
      yield* await readSpan(ctx, prefix, plan, span, { snapshot, limit: undefined });
      continue;
    }
    const { begin, end } = absolute(prefix, span);
    for await (const [raw, value] of readRange(ctx.tx, begin, end, { snapshot, reverse: plan.reverse })) {
      yield { raw, key: raw.subarray(prefix.length), value };
    }
  }
}
