/** Errors that refuse a query for want of an index, with the migration line that makes one. */

import { UnsupportedQueryError } from "../../errors.js";
import { type Constraint, show } from "../evaluate/index.js";
import { isItems, keyFields, type QueryAst, rootOf, subjectOf } from "../words/index.js";
import type { PathMatch } from "./match-path.js";

const list = (fields: readonly string[]) => `[${fields.map((field) => JSON.stringify(field)).join(", ")}]`;

const schemaName = (ast: QueryAst) => ast.info?.name ?? "Schema";

/** `create(index(Product, ["a", "b"]))`, the line that makes an index on `fields`. */
function migrationLine(ast: QueryAst, fields: readonly string[]): string {
  const each = fields.find((field) => isItems(ast.info, field));
  const names = fields.map((field) => rootOfItems(ast, field));
  const options = each === undefined ? "" : `, { each: ${JSON.stringify(rootOfItems(ast, each))} }`;
  return `create(index(${schemaName(ast)}, ${list(names)}${options}))`;
}

const rootOfItems = (ast: QueryAst, field: string): string =>
  isItems(ast.info, field) ? rootOf(ast.info, field) : field;

function describeConstraints(constraints: ReadonlyMap<string, Constraint>) {
  const equal = [...constraints.values()].filter((c) => c.kind === "points").map(({ field }) => field);
  const ranges = [...constraints.values()].filter((c) => c.kind === "range").map(({ field }) => field);
  return { equal, ranges };
}

/** The fields of the index that would serve the conditions. */
function fieldsToIndex(ast: QueryAst, constraints: ReadonlyMap<string, Constraint>): readonly string[] {
  const { equal, ranges } = describeConstraints(constraints);
  const order = ast.order.map(({ field }) => field).filter((field) => !equal.includes(field));
  return ranges.length > 0 ? [...equal, ...ranges] : [...equal, ...order];
}

const optIn =
  "To read more than the result and test it in memory, add .scan(); to test rows of a served query, .filter((row) => …).";

/** No path narrows to all conditions. */
export function refuseConditions(
  ast: QueryAst,
  constraints: ReadonlyMap<string, Constraint>,
  unkeyed: readonly string[],
): UnsupportedQueryError {
  const { equal, ranges } = describeConstraints(constraints);
  const subject = subjectOf(ast);
  if (unkeyed.length > 0) {
    return new UnsupportedQueryError(
      `Values of ${unkeyed.map((field) => `${subject}.${field}`).join(" and ")} cannot stand in a key, so no index ` +
        `serves the condition. ${optIn}`,
    );
  }
  if (ranges.length > 1) {
    return new UnsupportedQueryError(
      `The query on ${subject} has ranges on ${ranges.join(" and ")}, and one key range can follow only one. ` +
        `Serve one by ${migrationLine(ast, [...equal, ranges[0]!])} and test the other with .filter((row) => …). ${optIn}`,
    );
  }
  const items = ast.where.filter(({ field }) => isItems(ast.info, field));
  if (
    new Set(items.map(({ value }) => show(value))).size > 1 ||
    new Set(items.map(({ field }) => field)).size > 1
  ) {
    return new UnsupportedQueryError(
      `The query on ${subject} asks for several items of lists, and an index holds one item in each entry. Serve one by ` +
        `${migrationLine(ast, [items[0]!.field])} and test the others with .filter((row) => …). ${optIn}`,
    );
  }
  const fields = fieldsToIndex(ast, constraints);
  return new UnsupportedQueryError(
    `No primary key or readable index of ${subject} serves a query on ${[...equal, ...ranges].join(", ")}. ` +
      `It would be one key range with this line in a migration: ${migrationLine(ast, fields)}. ${optIn}`,
  );
}

/** An alternative that nothing serves: the query of it alone. */
interface Unserved {
  readonly part: QueryAst;
  readonly constraints: ReadonlyMap<string, Constraint>;
  readonly unkeyed: readonly string[];
}

/** Not every alternative of a query has a path of its own. */
export function refuseAlternatives(
  ast: QueryAst,
  unserved: readonly [Unserved, ...Unserved[]],
): UnsupportedQueryError {
  const [{ part, constraints, unkeyed }] = unserved;
  const { ranges } = describeConstraints(constraints);
  if (unkeyed.length > 0 || ranges.length > 1) return refuseConditions(part, constraints, unkeyed);
  const fields = unserved.map(({ part: one, constraints: of }) => fieldsToIndex(one, of));
  const lines = new Map(fields.map((wanted) => [migrationLine(ast, wanted), list(wanted)]));
  return new UnsupportedQueryError(
    `The alternatives of an "or" on ${subjectOf(ast)} are reads of their own, and no primary key or readable index serves ` +
      `${lines.size === 1 ? "the one" : "those"} on ${[...lines.values()].join(" and ")}. ` +
      `They would be a union of key ranges with ${lines.size === 1 ? "this line" : "these lines"} in a migration: ` +
      `${[...lines.keys()].join(", ")}. ${optIn}`,
  );
}

/** The one index that a query may take does not hold its rows. */
export function refusePartial(ast: QueryAst, name: string | undefined): UnsupportedQueryError {
  return new UnsupportedQueryError(
    `Index "${name}" of ${subjectOf(ast)} holds only rows that satisfy its own conditions, and the query does ` +
      "not ask for those. Repeat the index's conditions in .where(), or leave out .using().",
  );
}

/** The conditions are served, but not together with the order, and a limit forbids sorting in memory. */
export function refuseOrder(
  ast: QueryAst,
  constraints: ReadonlyMap<string, Constraint>,
  best: PathMatch,
): UnsupportedQueryError {
  const { equal, ranges } = describeConstraints(constraints);
  const apart = ast.order.find(({ nulls }) => nulls !== undefined);
  const wanted = ast.order
    .map(
      ({ field, direction, nulls }) => `${field} ${direction}${nulls === undefined ? "" : ` nulls ${nulls}`}`,
    )
    .join(", ");
  const valid = best.path.fields.find((field) => !best.fixed.some((f) => f.field === field));
  const facts =
    `${best.path.index === undefined ? "the primary key" : `index ${best.path.name}`} has ${list(best.path.fields)}, ` +
    `the conditions fix ${equal.length === 0 ? "none of them" : list(equal)}, so the rows come in the order of ` +
    `"${valid ?? keyFields(ast.info)[0]}"`;
  const fields = ast.order.map(({ field }) => field).filter((field) => !equal.includes(field));
  const mixed = new Set(ast.order.filter((t) => !equal.includes(t.field)).map((t) => t.direction)).size > 1;
  const { index } = best.path;
  const merged = index?.unique === true && best.fixed.some(({ points }) => points.length > 1);
  const foreignRange = ranges.some((field) => field !== fields[0]);
  // Without the nulls at the other end, the path would do.
  const nullsOnly = apart !== undefined && apart.field !== fields[0];
  const fix = nullsOnly
    ? `In an index, empty values of "${apart.field}" are read apart only where it is the first field behind the equal ones: ` +
      `order by it first, with ${migrationLine(ast, [...new Set([...equal, apart.field, ...fields])])}, leave out ` +
      "{ nulls }, or leave out the limit and the rows are sorted in memory."
    : mixed
      ? "An index is read in one direction, so orders that mix asc and desc are sorted in memory: leave out the limit."
      : foreignRange
        ? `No index can serve a range on ${ranges.join(", ")} and an order by ${fields.join(", ")} at once: ` +
          "order by the range's field first, or leave out the limit and the rows are sorted in memory."
        : merged
          ? `A unique index is read value by value and not in one order over several values; an index that is not unique is: ` +
            `create(index(${schemaName(ast)}, ${list([...equal, ...fields])}, { name: "${index.name}_ordered" })). ` +
            "Without a limit the rows are sorted in memory."
          : `This line in a migration serves it: ${migrationLine(ast, [...equal, ...fields])}. ` +
            "Without a limit the rows are sorted in memory.";
  return new UnsupportedQueryError(
    `Ordering ${subjectOf(ast)} by ${wanted} with a limit, page or cursor would read every row: ${facts}. ${fix}`,
  );
}

/** The fields as `.distinct` takes them. */
export const distinctWords = (distinct: readonly string[]): string =>
  distinct.length === 1 ? JSON.stringify(distinct[0]) : list(distinct);

export function refuseDistinct(
  ast: QueryAst,
  constraints: ReadonlyMap<string, Constraint>,
): UnsupportedQueryError {
  const { equal } = describeConstraints(constraints);
  const distinct = ast.distinct!;
  const fields = [...equal.filter((field) => !distinct.includes(field)), ...distinct];
  const named = distinct.map((field) => `"${field}"`).join(" and ");
  return new UnsupportedQueryError(
    `.distinct(${distinctWords(distinct)}) skips from value to value in an index where ${named} ${distinct.length === 1 ? "follows" : "follow"} the fields ` +
      `fixed by equality, and ${subjectOf(ast)} has none. This line in a migration serves it: ${migrationLine(ast, fields)}.`,
  );
}
