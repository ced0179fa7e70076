/** Counts the rows of a query for each value of a field: by a counter that keeps the numbers, else row by row. */

import { type LayerContext, metadataOf } from "../../layer/index.js";
import {
  encodingIn,
  type GroupedCount,
  ownValue,
  planCountBy,
  type QueryAst,
  readGroups,
  requireOrdered,
  subjectOf,
} from "../../query/index.js";
import { compareTuples, pack, type TupleItem } from "../../tuple/index.js";
import { currentTrace } from "../observe/index.js";
import { agreedTenant, operate, type RepoState, type Session } from "../transaction/index.js";
import { type AnyQuery, treeOf } from "./query-tree.js";
import { type ReadOptions, readOptions } from "./read-options.js";
import { boundedLayer, preparedIn, readIn } from "./read-rows.js";

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
  layer: LayerContext,
  ast: QueryAst,
  field: string,
  plan: GroupedCount,
  snapshot: boolean,
) {
  const { type } = ast.info!.field(field);
  const groups = new Groups();
  for (const [item, count] of await readGroups(layer, plan, snapshot)) {
    groups.add(item, item === null ? null : type.fromKey!(item), count);
  }
  return groups.counted();
}

/** Row by row, or entry by entry of an index that has the field. */
async function fromRows(
  state: RepoState,
  session: Session,
  ast: QueryAst,
  field: string,
  options: ReadOptions,
) {
  const encoding = encodingIn(ast, field);
  const select = ast.filters.length > 0 ? undefined : { fields: [field], single: false };
  const asked = Object.freeze({ ...ast, preload: [], select });
  const { found } = await readIn(state, session, "countBy", asked, options);
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
  given: ReadOptions = {},
): Promise<ReadonlyMap<unknown, number>> {
  const options = readOptions(state, "countBy", given);
  requireOrdered(treeOf(query), field);
  const read = async (session: Session) => {
    const ast = preparedIn(state, session, "countBy", treeOf(query), options);
    const gate = session.reading();
    if (gate !== undefined) await gate;
    const plan = planOf(ast, field, await metadataOf(session.layer, ast.source));
    if (plan === undefined) return fromRows(state, session, ast, field, options);
    const trace = currentTrace();
    if (trace !== undefined) trace.index = plan.counter.name;
    const layer = boundedLayer(session, `repo.countBy on ${subjectOf(ast)}`, options.maxKeys);
    return fromCounter(layer, ast, field, plan, options.snapshot ?? session.snapshot);
  };
  return operate(state, agreedTenant(options.tenant), read, options);
}
