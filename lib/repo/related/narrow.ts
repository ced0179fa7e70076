/** Takes of the records related to one record those that a query asks for, in its order: for relations read by keys. */

import { UnsupportedQueryError } from "../../errors.js";
import { compareBy, matches, type QueryAst } from "../../query/index.js";
import type { Row } from "./asked.js";

/** Whether all rows must be known to tell the first ones. */
export const reorders = ({ order, reverse, distinct }: QueryAst): boolean =>
  order.length > 0 || reverse || distinct !== undefined;

/** @throws UnsupportedQueryError for a limit that does not bound what is read, unless `.scan()` allows that */
export function requireBounded(relation: string, query: QueryAst | undefined): void {
  if (query?.limit === undefined || query.scan || !reorders(query)) return;
  throw new UnsupportedQueryError(
    `${relation} is read by keys, record by record: the first ones in an order are only known when all of them are read. ` +
      "Allow that with .scan(), or leave out the limit or the order.",
  );
}

export function narrow(rows: readonly Row[], query: QueryAst | undefined): readonly Row[] {
  if (query === undefined) return rows;
  const { order, reverse, distinct, limit, ties } = query;
  let chosen = rows.filter((row) => matches(query, row));
  if (order.length > 0) chosen = chosen.toSorted(compareBy(query, order));
  else if (reverse) chosen = chosen.toReversed();
  if (distinct !== undefined) {
    const compare = compareBy(
      query,
      distinct.map((field) => ({ field, direction: "asc" as const })),
    );
    chosen = chosen.filter((row, at) => !chosen.slice(0, at).some((other) => compare(row, other) === 0));
  }
  if (limit === undefined) return chosen;
  const last = chosen[limit - 1];
  const first = chosen.slice(0, limit);
  if (!ties || last === undefined || order.length === 0) return first;
  const compare = compareBy(query, order);
  return [...first, ...chosen.slice(limit).filter((row) => compare(row, last) === 0)];
}
