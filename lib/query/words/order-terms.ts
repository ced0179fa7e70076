/** Reads the orders given to `.orderBy` and its kin into terms, and turns them around. */

import { InvalidQueryError } from "../../errors.js";
import { isPlainObject, showValue } from "../../schema/index.js";
import type { Direction, OrderTerm, QueryAst } from "./ast.js";
import { fieldOf, isItems } from "./field-of.js";
import { keyFields } from "./key-fields.js";
import { requireStoredField } from "./parse-where.js";

const flip = (direction: Direction): Direction => (direction === "asc" ? "desc" : "asc");

/** Where keys have empty values: they are below all others. */
const natural = (direction: Direction) => (direction === "asc" ? "first" : "last");

function term(ast: QueryAst, field: string, direction: Direction, nulls?: "first" | "last"): OrderTerm {
  const apart = nulls !== undefined && nulls !== natural(direction) && !keyFields(ast.info).includes(field);
  return Object.freeze(apart ? { field, direction, nulls } : { field, direction });
}

/** The same order from its end. */
export const reversed = (order: readonly OrderTerm[]): readonly OrderTerm[] =>
  order.map(({ field, direction, nulls }) =>
    Object.freeze({
      field,
      direction: flip(direction),
      ...(nulls !== undefined && { nulls: nulls === "first" ? ("last" as const) : ("first" as const) }),
    }),
  );

function termOf(ast: QueryAst, field: string, given: unknown): OrderTerm {
  requireOrdered(ast, field);
  if (given === "asc" || given === "desc") return term(ast, field, given);
  if (!isPlainObject(given)) {
    throw new InvalidQueryError(
      `The order of "${field}" is "asc", "desc" or { direction, nulls }, not ${showValue(given)}.`,
    );
  }
  const { direction = "asc", nulls, ...unknown } = given;
  const [name] = Object.keys(unknown);
  if (name !== undefined) {
    throw new InvalidQueryError(
      `The order of "${field}" has no option "${name}"; it takes { direction: "asc" | "desc", nulls: "first" | "last" }.`,
    );
  }
  if (direction !== "asc" && direction !== "desc") {
    throw new InvalidQueryError(
      `The direction of "${field}" is "asc" or "desc", not ${showValue(direction)}.`,
    );
  }
  if (nulls !== undefined && nulls !== "first" && nulls !== "last") {
    throw new InvalidQueryError(`The nulls of "${field}" come "first" or "last", not ${showValue(nulls)}.`);
  }
  return term(ast, field, direction, nulls);
}

function termsIn(ast: QueryAst, part: unknown): OrderTerm[] {
  if (typeof part === "string") return [termOf(ast, part, "asc")];
  if (typeof part !== "object" || part === null || Object.keys(part).length === 0) {
    throw new InvalidQueryError('.orderBy() takes a field, { field: "asc" | "desc" } or a list of these.');
  }
  return Object.entries(part).map(([field, given]) => termOf(ast, field, given));
}

/** @throws InvalidQueryError, UnknownFieldError */
export const orderTerms = (ast: QueryAst, order: unknown): readonly OrderTerm[] =>
  (Array.isArray(order) ? order : [order]).flatMap((part) => termsIn(ast, part));

/** The field must be stored, and of a type whose values have an order. */
export function requireOrdered(ast: QueryAst, field: string): void {
  requireStoredField(ast.info, ast.source, field);
  if (isItems(ast.info, field)) ast.info!.field(field);
  if (ast.info !== undefined && fieldOf(ast.info, field).type.toKey === undefined) {
    throw new InvalidQueryError(
      `${ast.info.name}.${field} is of type "${fieldOf(ast.info, field).type.name}", whose values have no order.`,
    );
  }
}
