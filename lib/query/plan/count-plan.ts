/** Plans the count or the sum of a query's rows by the counter or sum that keeps it. */

import { type IndexInfo, layoutOf, type SourceMetadata } from "../../layer/index.js";
import type { QueryAst } from "../words/index.js";
import { indexPath } from "./access-path.js";
import { constraintsFor } from "./constraints-for.js";
import { matchPath, spanCount } from "./match-path.js";
import { partialServes } from "./partial-index.js";
import type { Span } from "./plan.js";
import { spansOf } from "./spans-of.js";

/** Where the number of a query's rows is kept: the keys of a counter whose numbers add up to it. */
export interface CountPlan {
  readonly counter: IndexInfo;
  readonly spans: readonly Span[];
  /** Each span is the key of one number. */
  readonly points: boolean;
}

/** A count for each value of one field of the counter. */
export interface GroupedCount extends CountPlan {
  /** The place of the field among those of the counter. */
  readonly place: number;
}

/** To read more numbers than this is no shorter than to count the rows. */
const MAX_SPANS = 10_000;

/** Only conditions decide how many rows there are. */
const isPlain = ({ or, filters, limit, after, distinct, using }: QueryAst): boolean =>
  or.length === 0 &&
  filters.length === 0 &&
  [limit, after, distinct, using].every((clause) => clause === undefined);

function planOfCounter(ast: QueryAst, counter: IndexInfo): CountPlan | undefined {
  const whole = indexPath(ast.info, counter);
  if (whole === undefined) return undefined;
  const fields = whole.fields.slice(0, whole.own);
  const path = { ...whole, fields, narrowing: fields };
  const constraints = constraintsFor(ast, path);
  const fulfilled = partialServes(ast, path, constraints);
  if (fulfilled === undefined) return undefined;
  const match = matchPath(path, constraints, ast.where);
  if (match.residual.some(({ field }) => !fulfilled.has(field))) return undefined;
  if (spanCount(match) > MAX_SPANS) return undefined;
  return {
    counter,
    spans: spansOf(match, { arrange: "sequence", reverse: false, order: [] }),
    points: match.range === undefined && match.fixed.length === fields.length,
  };
}

const readable =
  (wanted: IndexInfo["kind"]) =>
  ({ kind, state }: IndexInfo): boolean =>
    kind === wanted && state === "readable";

/** The plan that reads least, of those that the indexes make. */
function leastOf(ast: QueryAst, indexes: readonly IndexInfo[]): CountPlan | undefined {
  const plans = indexes.map((counter) => planOfCounter(ast, counter)).filter((plan) => plan !== undefined);
  const width = ({ points, counter }: CountPlan) => (points ? 0 : 1 + counter.fields.length);
  return plans.reduce<CountPlan | undefined>(
    (best, next) => (best === undefined || width(next) < width(best) ? next : best),
    undefined,
  );
}

/** The counter that holds the number of a query's rows; `undefined` when the rows must be counted. Pure. */
export function planCount(ast: QueryAst, { indexes }: SourceMetadata): CountPlan | undefined {
  return isPlain(ast) ? leastOf(ast, indexes.filter(readable("counter"))) : undefined;
}

/** The counter that holds the number of a query's rows for each value of a field; `undefined` when there is none. */
export function planCountBy(
  ast: QueryAst,
  field: string,
  { indexes }: SourceMetadata,
): GroupedCount | undefined {
  if (!isPlain(ast)) return undefined;
  const counters = indexes.filter(readable("counter"));
  const placeOf = (counter: IndexInfo) => indexPath(ast.info, counter)?.fields.indexOf(field) ?? -1;
  const grouping = counters.filter((counter) => {
    const place = placeOf(counter);
    return place >= 0 && place < counter.fields.length;
  });
  const plan = leastOf(ast, grouping);
  return plan === undefined ? undefined : { ...plan, place: placeOf(plan.counter) };
}

/** The sum that holds what a field of a query's rows adds up to; `undefined` when the rows must be added up. */
export function planSum(ast: QueryAst, field: string, { indexes }: SourceMetadata): CountPlan | undefined {
  const { info } = ast;
  if (info === undefined || !isPlain(ast)) return undefined;
  const layout = layoutOf(info);
  const sums = indexes.filter(readable("sum"));
  return leastOf(
    ast,
    sums.filter(({ includeStored }) => layout.nameOf(includeStored[0]!) === field),
  );
}
