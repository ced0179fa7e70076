/** Alternatives of conditions: `or(a, b)`, and how nested ones become lists of conditions. */

import { InvalidQueryError } from "../../errors.js";
import type { Alternatives, Condition } from "./ast.js";
import type { Where } from "./query-types.js";

/** What `.where()` was given, read: conditions that all hold, and alternatives that all hold besides. */
export interface Conditions {
  readonly where: readonly Condition[];
  readonly or: readonly Alternatives[];
}

/** Alternatives over several fields in one query, at most: each is a read of its own. */
export const MAX_ALTERNATIVES = 100;

const made = new WeakSet<object>();

/** The schema's class comes from where the alternatives are used, and not from the alternatives. */
type Given<T> = [T][T extends unknown ? 0 : never];

/**
 * Conditions of which at least one holds: for `.where()`, or inside of another `or`.
 *
 * The fields of one alternative hold together. `or(a, b)` is `{ or: [a, b] }`, for schemas that have a field named "or"
 * too.
 *
 * @example from(Review).where(or({ text: "Ada" }, { score: { gte: 4 } }))
 * @throws InvalidQueryError when used in a query, for an alternative without conditions
 */
export function or<T>(...alternatives: readonly Where<Given<T>>[]): Where<T> {
  const where = Object.freeze({ or: Object.freeze(alternatives) });
  made.add(where);
  return where as unknown as Where<T>;
}

/** Whether this is what `or(…)` made, and so no condition on a field named "or". */
export const isOr = (value: object): boolean => made.has(value);

/** Every way to take one of each: `[[a, b], [c]]` is `[a, c], [b, c]`. @throws InvalidQueryError for too many */
export function combinations(where: readonly Condition[], or: readonly Alternatives[]): Alternatives {
  let ways: Alternatives = [where];
  for (const alternatives of or) {
    if (ways.length * alternatives.length > MAX_ALTERNATIVES)
      throw tooMany(ways.length * alternatives.length);
    ways = ways.flatMap((way) => alternatives.map((alternative) => [...way, ...alternative]));
  }
  return ways;
}

export function tooMany(count: number): InvalidQueryError {
  return new InvalidQueryError(
    `The "or" of a query makes ${count} alternatives over several fields, each of them a read of its own; at most ` +
      `${MAX_ALTERNATIVES} are read at once. Values of one field are one alternative: { field: { in: [a, b] } }.`,
  );
}

/** The field that all of the conditions concern. */
function onlyField(conditions: readonly Condition[]): string | undefined {
  const field = conditions[0]?.field;
  // Items of a list are many: each alternative is a read of its own.
  if (field?.endsWith("[]") === true) return undefined;
  return conditions.every((one) => one.field === field) ? field : undefined;
}

/** Alternatives that concern one and the same field become one condition on it, which one index can serve. */
export function unite(alternatives: Alternatives): Conditions {
  const byField = new Map<string, (readonly Condition[])[]>();
  const mixed: (readonly Condition[])[] = [];
  for (const conditions of alternatives) {
    const field = onlyField(conditions);
    if (field === undefined) mixed.push(conditions);
    else byField.set(field, [...(byField.get(field) ?? []), conditions]);
  }
  const single = [...byField].map(([field, lists]): readonly Condition[] =>
    lists.length === 1 ? lists[0]! : [Object.freeze({ field, op: "any", value: Object.freeze(lists) })],
  );
  const all = [...single, ...mixed];
  if (all.length === 1) return { where: all[0]!, or: [] };
  if (all.length > MAX_ALTERNATIVES) throw tooMany(all.length);
  return { where: [], or: [Object.freeze(all)] };
}
