import { compareBytes } from "../engine/bytes.js";
import { type LayerContext, layoutOf, readRecord, readRecords } from "../layer/index.js";
import { pack, unpack } from "../tuple/index.js";
import type { QueryAst } from "./ast.js";
import type { FoundRow } from "./found-row.js";
import { absolute } from "./path-keys.js";
import { readPlainRows } from "./plain-rows.js";
import type { Plan, Span } from "./plan.js";

export interface PrimaryOptions {
  readonly snapshot: boolean;
  readonly limit: number | undefined;
}

/** Rows of one key range of the records themselves, in the plan's direction. */
async function* rangeRows(
  ctx: LayerContext,
  ast: QueryAst,
  prefix: Uint8Array,
  plan: Plan,
  span: Span,
  { snapshot, limit }: PrimaryOptions,
): AsyncGenerator<FoundRow> {
  const options = { snapshot, reverse: plan.reverse, ...(limit === undefined ? {} : { limit }) };
  if (ast.info === undefined) {
    yield* readPlainRows(ctx, ast.source, absolute(prefix, span), options);
    return;
  }
  const layout = layoutOf(ast.info);
  for await (const record of readRecords<object>(ctx, ast.info, absolute(prefix, span), options)) {
    yield { record, position: pack(layout.keyOf(record)) };
  }
}

async function pointRow(
  ctx: LayerContext,
  ast: QueryAst,
  span: Span,
  snapshot: boolean,
): Promise<FoundRow | null> {
  const record = await readRecord<object>(ctx, ast.info!, unpack(span.begin), { snapshot });
  return record === null ? null : { record, position: span.begin };
}

async function collect(rows: AsyncGenerator<FoundRow>): Promise<FoundRow[]> {
  const all: FoundRow[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

function merge(plan: Plan, lists: readonly (readonly FoundRow[])[]): FoundRow[] {
  const sign = plan.reverse ? -1 : 1;
  const all = lists.flatMap((rows, i) =>
    rows.map((row) => ({ row, rest: row.position.subarray(plan.spans[i]!.prefixLength) })),
  );
  all.sort((a, b) => sign * compareBytes(a.rest, b.rest));
  return all.map(({ row }) => row);
}

/** The records of a primary plan in its order, without reading more of them than the consumer takes. */
export async function* primaryRows(
  ctx: LayerContext,
  ast: QueryAst,
  prefix: Uint8Array,
  plan: Plan,
  options: PrimaryOptions,
): AsyncGenerator<FoundRow> {
  const { snapshot, limit } = options;
  const single = (span: Span) => span.point && ast.info !== undefined;
  if (plan.arrange === "merge") {
    const lists = plan.spans.map((span) => collect(rangeRows(ctx, ast, prefix, plan, span, options)));
    yield* merge(plan, await Promise.all(lists)).slice(0, limit);
    return;
  }
  if (plan.spans.every(single)) {
    const width = Math.max(1, Math.min(limit ?? 1_000, 1_000));
    for (let at = 0; at < plan.spans.length; at += width) {
      const batch = plan.spans.slice(at, at + width);
      const rows = await Promise.all(batch.map((span) => pointRow(ctx, ast, span, snapshot)));
      for (const row of rows) if (row !== null) yield row;
    }
    return;
  }
  if (limit === undefined) {
    const lists = plan.spans.map((span) => collect(rangeRows(ctx, ast, prefix, plan, span, options)));
    for (const rows of await Promise.all(lists)) yield* rows;
    return;
  }
  let left = limit;
  for (const span of plan.spans) {
    for await (const row of rangeRows(ctx, ast, prefix, plan, span, { snapshot, limit: left })) {
      yield row;
      left--;
    }
    if (left <= 0) return;
  }
}
