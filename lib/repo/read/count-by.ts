/** Counts the rows of a query for each value of a field: by a counter that keeps the numbers, else row by row. */

import { metadataOf } from "../../layer/index.js";
import {
  encodingIn,
  type GroupedCount,
  ownValue,
  planCountBy,
  type QueryAst,
  readGroups,
  requireOrdered,
} from "../../query/index.js";
import { compareTuples, pack, type TupleItem } from "../../tuple/index.js";
import { currentTrace } from "../observe/index.js";
import { agreedTenant, checkOptions, operate, type RepoState, type Session } from "../transaction/index.js";
import { type AnyQuery, treeOf } from "./query-tree.js";
import { type ReadOptions, readOptionNames } from "./read-options.js";
import { readIn } from "./read-rows.js";

interface Group {
  readonly item: TupleItem;
  readonly value: unknown;
  count: number;
}

/** Adds up by value; values that are equal as keys are one. */
class Groups {
  readonly #byKey = new Map<string, Group>();

  add(item: TupleItem, value: unknown, count: number): void {
    const key = Buffer.from(pack([item])).toString("latin1");
    const known = this.#byKey.get(key);
    if (known === undefined) this.#byKey.set(key, { item, value, count });
    else known.count += count;
  }

  /** In the order of the values. */
  counted(): ReadonlyMap<unknown, number> {
    const groups = [...this.#byKey.values()].sort((a, b) => compareTuples([a.item], [b.item]));
    return new Map(groups.map(({ value, count }) => [value, count]));
  }
}

/** A counter of which each key tells the value. */
function planOf(ast: QueryAst, field: string, metadata: Parameters<typeof planCountBy>[2]) {
  const type = ast.info?.field(field).type;
  if (type !== undefined && (type.fromKey === undefined || type.lossyKey === true)) return undefined;
  return type === undefined ? undefined : planCountBy(ast, field, metadata);
}

async function fromCounter(
  session: Session,
  ast: QueryAst,
  field: string,
  plan: GroupedCount,
  snapshot: boolean,
) {
  const { type } = ast.info!.field(field);
  const groups = new Groups();
  for (const [item, count] of await readGroups(session.layer, plan, snapshot)) {
    groups.add(item, item === null ? null : type.fromKey!(item), count);
  }
  return groups.counted();
}

/** Row by row, or entry by entry of an index that has the field. */
async function fromRows(session: Session, ast: QueryAst, field: string, snapshot: boolean) {
  const encoding = encodingIn(ast, field);
  const select = ast.filters.length > 0 ? undefined : { fields: [field], single: false };
  const { found } = await readIn(session, Object.freeze({ ...ast, preload: [], select }), snapshot);
  const groups = new Groups();
  for (const { record } of found) {
    const value = ownValue(record, field);
    groups.add(value === null ? null : encoding.item(value), value, 1);
  }
  return groups.counted();
}

/** @throws InvalidQueryError for a field without order; UnsupportedQueryError where nothing serves the query */
export async function countBy(
  state: RepoState,
  query: AnyQuery<unknown>,
  field: string,
  options: ReadOptions = {},
): Promise<ReadonlyMap<unknown, number>> {
  checkOptions("countBy", options, readOptionNames);
  const ast = treeOf(query);
  requireOrdered(ast, field);
  return operate(state, agreedTenant(options.tenant), async (session) => {
    const gate = session.reading();
    if (gate !== undefined) await gate;
    const snapshot = options.snapshot ?? session.snapshot;
    const plan = planOf(ast, field, await metadataOf(session.layer, ast.source));
    if (plan === undefined) return fromRows(session, ast, field, snapshot);
    const trace = currentTrace();
    if (trace !== undefined) trace.index = plan.counter.name;
    return fromCounter(session, ast, field, plan, snapshot);
  });
}
