/** Reads the rows of a union: each once, merged, or part after part. */

import { concatBytes } from "../../engine/index.js";
import type { LayerContext } from "../../layer/index.js";
import { pack, type TupleItem, unpack } from "../../tuple/index.js";
import { compileConditions, compileQuery } from "../evaluate/index.js";
import {
  comparePlaces,
  type Plan,
  readsRows,
  sequencePlace,
  type UnionPart,
  unionAfter,
} from "../plan/index.js";
import { keyFields, type QueryAst } from "../words/index.js";
import { fetchRows } from "./fetch-rows.js";
import type { FoundRow } from "./found-row.js";
import { type Entry, pathPrefix, recordKey, toldRow } from "./path-keys.js";
import { primaryRows } from "./primary-rows.js";
import { readSpan } from "./read-entries.js";
import {
  FETCH,
  type OrderedRead,
  readInOrder,
  stillFitting,
  TEST,
  type Test,
  testOf,
} from "./read-in-order.js";

/** A row that a part has found: its keys, and its record where that is read already. */
interface Item {
  readonly part: UnionPart;
  readonly at: number;
  readonly pk: readonly TupleItem[];
  /** The packed primary key, by which a row is known that several parts have found. */
  readonly id: string;
  /** The packed values of the order. */
  readonly place: readonly Uint8Array[];
  readonly record: object | undefined;
  readonly entry: Entry | undefined;
}

interface ItemRead {
  readonly snapshot: boolean;
  /** For each key range. */
  readonly limit: number | undefined;
}

function itemOf(
  ast: QueryAst,
  plan: Plan,
  part: UnionPart,
  at: number,
  pk: readonly TupleItem[],
  key: Uint8Array,
  found: Pick<Item, "record" | "entry">,
): Item {
  const keys = keyFields(ast.info);
  const items = unpack(key);
  const { fields } = part.plan.path;
  const place =
    plan.union!.arrange === "merge"
      ? plan.order.map(({ field }) =>
          pack([keys.includes(field) ? pk[keys.indexOf(field)]! : items[fields.indexOf(field)]!]),
        )
      : [];
  return { part, at, pk, id: Buffer.from(pack(pk)).toString("latin1"), place, ...found };
}

/** What a part finds: the entries of its index, or the records themselves. */
async function itemsOf(
  ctx: LayerContext,
  ast: QueryAst,
  plan: Plan,
  at: number,
  { snapshot, limit }: ItemRead,
): Promise<readonly Item[]> {
  const part = plan.union!.parts[at]!;
  const prefix = pathPrefix(ctx.tenant, ast, part.plan);
  const lists = await Promise.all(
    part.plan.spans.map(async (span) => {
      if (part.plan.kind === "primary") {
        const one: Plan = { ...part.plan, spans: [span], arrange: "sequence" };
        const rows = await primaryRows(ctx, part.ast, prefix, one, { snapshot, limit });
        return rows.map(({ record, position }) => {
          const pk = unpack(position).slice(0, part.plan.path.own);
          return itemOf(ast, plan, part, at, pk, position, { record, entry: undefined });
        });
      }
      const entries = await readSpan(ctx, prefix, part.plan, span, { snapshot, limit });
      return entries.map((entry) => {
        const pk = recordKey(ctx.tenant, part.ast, part.plan, entry);
        return itemOf(ast, plan, part, at, pk, entry.key, { record: undefined, entry });
      });
    }),
  );
  return lists.flat();
}

/** The items of all parts, each row once: of the first part that finds it. */
async function allItems(ctx: LayerContext, ast: QueryAst, plan: Plan, read: ItemRead): Promise<Item[]> {
  const { parts } = plan.union!;
  const lists = await Promise.all(parts.map((_, at) => itemsOf(ctx, ast, plan, at, read)));
  const found = new Map<string, Item>();
  for (const item of lists.flat()) {
    const known = found.get(item.id);
    if (known === undefined) found.set(item.id, item);
    else if (known.record === undefined) found.set(item.id, { ...known, record: item.record });
  }
  const items = [...found.values()];
  return plan.reverse ? items.sort((a, b) => b.at - a.at) : items;
}

/** The first items of a merge, in its order. */
async function mergedItems(ctx: LayerContext, ast: QueryAst, plan: Plan, read: ItemRead): Promise<Item[]> {
  const after = plan.union!.after?.map((item) => pack([item]));
  // Of a unique index the row of the place itself may come once more.
  const limit = read.limit === undefined || after === undefined ? read.limit : read.limit + 1;
  const items = await allItems(ctx, ast, plan, { ...read, limit });
  const rest = after === undefined ? items : items.filter(({ place }) => isBehind(plan, place, after));
  return rest.sort((a, b) => comparePlaces(plan.order, a.place, b.place)).slice(0, read.limit);
}

const isBehind = (plan: Plan, place: readonly Uint8Array[], after: readonly Uint8Array[]): boolean =>
  comparePlaces(plan.order, place, after) > 0;

/** The records of items that are not read yet, all at once. */
async function recordsOf(
  ctx: LayerContext,
  ast: QueryAst,
  items: readonly Item[],
  snapshot: boolean,
): Promise<readonly (object | null)[]> {
  const told = items.map(
    ({ record, part, entry }) => record ?? toldRow(ctx.tenant, part.ast, part.plan, entry!),
  );
  const absent = items.filter((_, at) => told[at] === undefined);
  const pks = absent.map(({ pk }) => pk);
  const fetched = await fetchRows(ctx, ast, pks, snapshot);
  let at = 0;
  return told.map((record) => record ?? fetched[at++] ?? null);
}

/** Whether parts leave conditions to be tested, which then are all of the query's. */
function testOfUnion(ast: QueryAst, plan: Plan): Test | undefined {
  const left = plan.union!.parts.some((part) => part.plan.residual.length > 0);
  if (!left && plan.filters === 0) return undefined;
  const conditions = left ? compileQuery(ast) : () => true;
  return (record) =>
    conditions(record as Record<string, unknown>) && ast.filters.every((filter) => filter(record as never));
}

async function rowsOf(
  ctx: LayerContext,
  ast: QueryAst,
  plan: Plan,
  items: readonly Item[],
  { snapshot, since }: OrderedRead,
): Promise<FoundRow[]> {
  const test = testOfUnion(ast, plan);
  const rows: FoundRow[] = [];
  for (let from = 0; from < items.length; from += FETCH) {
    const batch = items.slice(from, from + FETCH);
    const records = await recordsOf(ctx, ast, batch, snapshot);
    const stillFits = stillFitting(ctx, ast, plan, since);
    for (const [i, record] of records.entries()) {
      if (record === null || (readsRows(batch[i]!.part.plan) && !stillFits(record))) continue;
      if (test === undefined || test(record))
        rows.push({ record, position: concatBytes(...batch[i]!.place) });
    }
  }
  return rows;
}

/** The first rows of a merge that pass the tests, batch by batch. */
async function testedMerge(
  ctx: LayerContext,
  ast: QueryAst,
  plan: Plan,
  limit: number,
  read: OrderedRead,
): Promise<FoundRow[]> {
  const taken: FoundRow[] = [];
  let rest = plan;
  for (;;) {
    const size = Math.max(TEST, limit - taken.length);
    const items = await mergedItems(ctx, ast, rest, { snapshot: read.snapshot, limit: size });
    taken.push(...(await rowsOf(ctx, ast, plan, items, read)));
    const last = items.at(-1);
    if (taken.length >= limit || items.length < size || last === undefined) return taken.slice(0, limit);
    rest = unionAfter(rest, concatBytes(...last.place));
  }
}

/** The first rows of the parts, one part after the other; a row belongs to the first part whose conditions it meets. */
async function sequenceRows(
  ctx: LayerContext,
  ast: QueryAst,
  plan: Plan,
  limit: number,
  read: OrderedRead,
): Promise<FoundRow[]> {
  const { parts } = plan.union!;
  const told = parts.map((part) => compileConditions(ast, part.ast.where));
  const rows: FoundRow[] = [];
  const numbers = parts.map((_, at) => at);
  for (const at of plan.reverse ? numbers.toReversed() : numbers) {
    const part = parts[at]!;
    const own = testOf(part.ast, part.plan);
    const test: Test = (record) =>
      !told.slice(0, at).some((of) => of(record as Record<string, unknown>)) && (own?.(record) ?? true);
    const found = await readInOrder(ctx, part.ast, part.plan, {
      ...read,
      limit: limit - rows.length,
      test: at === 0 ? own : test,
    });
    for (const { record, position } of found) rows.push({ record, position: sequencePlace(at, position) });
    if (rows.length >= limit) break;
  }
  return rows;
}

/** The rows of a union in its order; those of one that is sorted come as they are found. */
export async function readUnion(
  ctx: LayerContext,
  ast: QueryAst,
  plan: Plan,
  read: OrderedRead,
): Promise<FoundRow[]> {
  const { limit, snapshot } = read;
  const { arrange } = plan.union!;
  if (arrange === "merge" && limit !== undefined && testOfUnion(ast, plan) !== undefined) {
    return testedMerge(ctx, ast, plan, limit, read);
  }
  if (arrange === "sequence" && limit !== undefined) return sequenceRows(ctx, ast, plan, limit, read);
  const items = arrange === "merge" ? mergedItems : allItems;
  return rowsOf(ctx, ast, plan, await items(ctx, ast, plan, { snapshot, limit }), read);
}
