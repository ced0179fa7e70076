/** Decides whether and how a path delivers the rows in the order of a query. */

import { keyFields, type OrderTerm, type QueryAst } from "../words/index.js";
import type { PathMatch } from "./match-path.js";

/** How a path delivers an order. */
export interface PathOrder {
  readonly arrange: "sequence" | "merge";
  readonly reverse: boolean;
  readonly order: readonly OrderTerm[];
  /** Empty values of the first open field stand at the other end than in the keys: a key range of their own. */
  readonly nullsApart?: boolean;
}

/** Whether a constraint leaves no empty values, so that it does not matter where they stand. */
const excludesNull = ({ begin }: { readonly begin: Uint8Array }): boolean =>
  begin[0] !== undefined && begin[0] > 0;

/** Terms that still decide something: not fixed to one value, and before the primary key is complete. */
function decidingTerms(ast: QueryAst, match: PathMatch): readonly OrderTerm[] {
  const single = new Set(match.fixed.filter(({ points }) => points.length === 1).map(({ field }) => field));
  const open = new Set(keyFields(ast.info).filter((field) => !single.has(field)));
  const seen = new Set<string>();
  const terms: OrderTerm[] = [];
  for (const term of ast.order) {
    if (single.has(term.field) || seen.has(term.field)) continue;
    if (open.size === 0) break;
    seen.add(term.field);
    open.delete(term.field);
    const present =
      (match.range?.field === term.field && excludesNull(match.range)) ||
      match.fixed.some(({ field, points }) => field === term.field && points.every((p) => p.value !== null));
    const { field, direction } = term;
    terms.push(present ? { field, direction } : term);
  }
  return terms;
}

/** `undefined` when the path does not deliver the rows in the query's order. */
export function matchOrder(ast: QueryAst, match: PathMatch): PathOrder | undefined {
  const terms = decidingTerms(ast, match);
  const fixedFields = new Set(match.fixed.map(({ field }) => field));
  const several = match.fixed.filter(({ points }) => points.length > 1).map(({ field }) => field);
  const rest = [...new Set(match.path.fields)].filter((field) => !fixedFields.has(field));
  const inDirection = (fields: readonly string[], direction: OrderTerm["direction"]): OrderTerm[] =>
    fields.map((field) => ({ field, direction }));

  if (terms.length === 0) {
    const direction = ast.reverse || ast.order.at(-1)?.direction === "desc" ? "desc" : "asc";
    const order = inDirection([...several, ...rest], direction);
    return { arrange: "sequence", reverse: direction === "desc", order };
  }
  const firstOther = terms.findIndex(({ field }) => !several.includes(field));
  const leading = firstOther === -1 ? terms : terms.slice(0, firstOther);
  const trailing = firstOther === -1 ? [] : terms.slice(firstOther);
  if (leading.length > 0 && trailing.length > 0 && leading.length < several.length) return undefined;
  const direction = (trailing[0] ?? terms.at(-1)!).direction;
  const served = trailing.every((term, i) => term.field === rest[i] && term.direction === direction);
  if (!served) return undefined;
  // Only the first open field can have its empty values apart: two key ranges, and not two for each value before it.
  if (leading.some(({ nulls }) => nulls !== undefined)) return undefined;
  if (trailing.some(({ nulls }, at) => nulls !== undefined && at > 0)) return undefined;
  const nullsApart = trailing[0]?.nulls !== undefined;
  if (nullsApart && several.length > 0) return undefined;
  const tail = inDirection(rest, direction).map((one, at) =>
    at === 0 && nullsApart ? (trailing[0] as OrderTerm) : one,
  );
  if (leading.length === 0 && several.length > 0) {
    // Keys of unique entries end with the values: of equal ones in two ranges, nothing in the key says which is first.
    if (match.path.index?.unique === true) return undefined;
    return { arrange: "merge", reverse: direction === "desc", order: tail };
  }
  const others = inDirection(
    several.filter((field) => !leading.some((term) => term.field === field)),
    direction,
  );
  const order = [...leading, ...others, ...tail];
  return { arrange: "sequence", reverse: direction === "desc", order, ...(nullsApart && { nullsApart }) };
}
