/** Reads the rows of a plan that goes by primary key. */

import { compareBytes } from "../../engine/index.js";
import { type LayerContext, layoutOf, readAllRecords, readRecord, readRecords } from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import { pack, unpack } from "../../tuple/index.js";
import type { Plan, Span } from "../plan/index.js";
import type { QueryAst } from "../words/index.js";
import type { FoundRow } from "./found-row.js";
import { absolute } from "./path-keys.js";
import { readPlainRows } from "./plain-rows.js";

interface PrimaryOptions {
  readonly snapshot: boolean;
  readonly limit: number | undefined;
}

/** Points that are read at once. */
const POINTS = 1_000;

/** A record; its place is only worked out for cursors and merges. */
class RecordRow implements FoundRow {
  constructor(
    private readonly info: SchemaInfo,
    readonly record: object,
  ) {}

  get position(): Uint8Array {
    return pack(layoutOf(this.info).keyOf(this.record));
  }
}

async function collect(rows: AsyncIterable<FoundRow>): Promise<FoundRow[]> {
  const all: FoundRow[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

function readOptions(plan: Plan, { snapshot, limit }: PrimaryOptions) {
  return { snapshot, reverse: plan.reverse, ...(limit === undefined ? {} : { limit }) };
}

/** The records of one key range, at once. */
async function spanRows(
  ctx: LayerContext,
  ast: QueryAst,
  prefix: Uint8Array,
  plan: Plan,
  span: Span,
  options: PrimaryOptions,
): Promise<FoundRow[]> {
  const { info } = ast;
  const range = absolute(prefix, span);
  if (info === undefined) return collect(readPlainRows(ctx, ast.source, range, readOptions(plan, options)));
  if (span.point) {
    const record = await readRecord<object>(ctx, info, unpack(span.begin), options);
    return record === null ? [] : [{ record, position: span.begin }];
  }
  const records = await readAllRecords<object>(ctx, info, range, readOptions(plan, options));
  return records.map((record) => new RecordRow(info, record));
}

function merge(plan: Plan, lists: readonly (readonly FoundRow[])[]): FoundRow[] {
  const sign = plan.reverse ? -1 : 1;
  const all = lists.flatMap((rows, i) =>
    rows.map((row) => ({ row, rest: row.position.subarray(plan.spans[i]!.prefixLength) })),
  );
  all.sort((a, b) => sign * compareBytes(a.rest, b.rest));
  return all.map(({ row }) => row);
}

/**
 * The records of a primary plan in its order. Without a limit all spans are read at once; with one, one after the
 * other, so that no more rows are read than wanted.
 */
export async function primaryRows(
  ctx: LayerContext,
  ast: QueryAst,
  prefix: Uint8Array,
  plan: Plan,
  options: PrimaryOptions,
): Promise<FoundRow[]> {
  const { limit, snapshot } = options;
  const { spans } = plan;
  const read = (span: Span, left = limit) =>
    spanRows(ctx, ast, prefix, plan, span, { snapshot, limit: left });
  if (spans.length === 1) return read(spans[0]!);
  if (plan.arrange === "merge") {
    return merge(plan, await Promise.all(spans.map((span) => read(span)))).slice(0, limit);
  }
  const rows: FoundRow[] = [];
  const points = spans.every(({ point }) => point);
  const width = limit === undefined ? POINTS : points ? Math.min(limit, POINTS) : 1;
  for (let at = 0; at < spans.length && rows.length < (limit ?? Number.POSITIVE_INFINITY); at += width) {
    const left = limit === undefined ? undefined : limit - rows.length;
    const lists = await Promise.all(spans.slice(at, at + width).map((span) => read(span, left)));
    for (const list of lists) for (const row of list) rows.push(row);
  }
  return rows.slice(0, limit);
}

/** The records one by one, for a consumer that does not know how many it needs. */
export async function* streamPrimaryRows(
  ctx: LayerContext,
  ast: QueryAst,
  prefix: Uint8Array,
  plan: Plan,
  snapshot: boolean,
): AsyncGenerator<FoundRow> {
  const { info } = ast;
  if (plan.arrange === "merge") {
    yield* await primaryRows(ctx, ast, prefix, plan, { snapshot, limit: undefined });
    return;
  }
  for (const span of plan.spans) {
    const options = { snapshot, limit: undefined };
    if (span.point) yield* await spanRows(ctx, ast, prefix, plan, span, options);
    else if (info === undefined) {
      yield* readPlainRows(ctx, ast.source, absolute(prefix, span), readOptions(plan, options));
    } else {
      const records = readRecords<object>(ctx, info, absolute(prefix, span), readOptions(plan, options));
      for await (const record of records) yield new RecordRow(info, record);
    }
  }
}
