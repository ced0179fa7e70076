import { concatBytes } from "../../engine/index.js";
import type { Condition, OrderTerm, QueryAst } from "../words/index.js";
import { type AccessPath, type Constraint, keyFields, type Point, show } from "../words/index.js";
import type { Span } from "./plan.js";

/** How far the conditions reach into the fields of one path. */
export interface PathMatch {
  readonly path: AccessPath;
  /** Leading fields fixed to one or more values. */
  readonly fixed: readonly { readonly field: string; readonly points: readonly Point[] }[];
  readonly range: Extract<Constraint, { kind: "range" }> | undefined;
  /** Conditions on fields that the key does not narrow. */
  readonly residual: readonly Condition[];
}

export function matchPath(
  path: AccessPath,
  constraints: ReadonlyMap<string, Constraint>,
  where: readonly Condition[],
): PathMatch {
  const fixed: { field: string; points: readonly Point[] }[] = [];
  const consumed = new Set<string>();
  let range: PathMatch["range"];
  for (const field of path.narrowing) {
    const constraint = consumed.has(field) ? undefined : constraints.get(field);
    if (constraint === undefined) break;
    consumed.add(field);
    if (constraint.kind === "range") {
      range = constraint;
      break;
    }
    fixed.push({ field, points: constraint.points });
  }
  return { path, fixed, range, residual: where.filter(({ field }) => !consumed.has(field)) };
}

/** How an order is delivered by a path, or `undefined` when it is not. */
export interface PathOrder {
  readonly arrange: "sequence" | "merge";
  readonly reverse: boolean;
  readonly order: readonly OrderTerm[];
}

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
    terms.push(term);
  }
  return terms;
}

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
  const tail = inDirection(rest, direction);
  if (leading.length === 0 && several.length > 0) {
    // Keys of unique entries end with the values: of equal ones in two ranges, nothing in the key says which is first.
    if (match.path.index?.unique === true) return undefined;
    return { arrange: "merge", reverse: direction === "desc", order: tail };
  }
  const others = inDirection(
    several.filter((field) => !leading.some((term) => term.field === field)),
    direction,
  );
  return { arrange: "sequence", reverse: direction === "desc", order: [...leading, ...others, ...tail] };
}

/** Every combination of the fixed values as one span, in the order of delivery. */
export function spansOf(match: PathMatch, order: PathOrder): readonly Span[] {
  interface Combination {
    readonly bytes: Uint8Array;
    readonly texts: readonly string[];
    readonly ranks: ReadonlyMap<string, number>;
    readonly hasNull: boolean;
  }
  let combinations: Combination[] = [{ bytes: Buffer.alloc(0), texts: [], ranks: new Map(), hasNull: false }];
  for (const { field, points } of match.fixed) {
    combinations = combinations.flatMap((combination) =>
      points.map((point, rank) => ({
        bytes: concatBytes(combination.bytes, point.bytes),
        texts: [...combination.texts, `${field} = ${show(point.value)}`],
        ranks: points.length === 1 ? combination.ranks : new Map(combination.ranks).set(field, rank),
        hasNull: combination.hasNull || point.value === null,
      })),
    );
  }
  if (order.arrange === "sequence" && combinations.length > 1) {
    const terms = order.order.filter(({ field }) => combinations[0]!.ranks.has(field));
    combinations.sort((a, b) => {
      for (const { field, direction } of terms) {
        const difference = a.ranks.get(field)! - b.ranks.get(field)!;
        if (difference !== 0) return direction === "desc" ? -difference : difference;
      }
      return 0;
    });
  }
  const { range, path } = match;
  const complete = range === undefined && match.fixed.length === path.narrowing.length;
  return combinations.map(({ bytes, texts, hasNull }) => ({
    begin: range === undefined ? bytes : concatBytes(bytes, range.begin),
    end: concatBytes(bytes, range?.end ?? Buffer.from([0xff])),
    prefixLength: bytes.length,
    // A key holds no null where it is unique; rows with a null there are told apart by their primary key.
    point: complete && (path.index === undefined || (path.index.unique && !hasNull)),
    text:
      [...texts, ...(range === undefined ? [] : [`${range.field} ${range.text}`])].join(", ") || "everything",
  }));
}
