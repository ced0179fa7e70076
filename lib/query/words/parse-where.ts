/** Reads the object given to `.where()` into conditions, and checks their names, operators and values. */

import { InvalidQueryError, UnknownFieldError } from "../../errors.js";
import { detached, isBytes, isPlainObject, type SchemaInfo, showValue } from "../../schema/index.js";
import { type Conditions, combinations, isOr, unite } from "./alternatives.js";
import type { Condition, ConditionOp, QueryAst } from "./ast.js";
import { checkTyped, untypedEncoding } from "./encoding.js";
import { fieldOf, isItems, itemsOf } from "./field-of.js";

const operators: ReadonlySet<string> = new Set<ConditionOp | "has">([
  "eq",
  "ne",
  "in",
  "notIn",
  "gt",
  "gte",
  "lt",
  "lte",
  "startsWith",
  "isNull",
  "has",
]);

/** The field must be stored; `info.field` reports unknown names. */
export function requireStoredField(info: SchemaInfo | undefined, owner: string, name: string): void {
  if (info === undefined) {
    if (typeof name !== "string" || name === "") {
      throw new UnknownFieldError(`A field name of ${owner} is a non-empty string, not ${showValue(name)}.`);
    }
    return;
  }
  if (fieldOf(info, name).virtual) {
    throw new InvalidQueryError(
      `${info.name}.${name} is virtual and is not stored, so it cannot be part of a query. ` +
        "Use .filter((row) => …) on a query that reads the rows.",
    );
  }
}

function checkValue(
  info: SchemaInfo | undefined,
  owner: string,
  field: string,
  op: string,
  value: unknown,
): void {
  if (value === undefined) {
    throw new InvalidQueryError(
      `The condition on ${owner}.${field}${op === "" ? "" : `.${op}`} is undefined, usually a variable that was never set. ` +
        `Leave the condition out, or write { ${field}: { isNull: true } } to look for empty values.`,
    );
  }
  if (value === null || op === "isNull") return;
  if (info === undefined) untypedEncoding(owner, field).bytes(value);
  else checkTyped(owner, field, fieldOf(info, field).type, value);
}

/** `has` is equality of an item of the list. */
function parseHas(info: SchemaInfo | undefined, owner: string, field: string, value: unknown): Condition {
  const element = info === undefined || !info.hasField(field) ? undefined : info.field(field).type.element;
  if (element?.toKey === undefined) {
    throw new InvalidQueryError(
      `${owner}.${field}.has looks for an item of a list, and ${field} is ${
        info === undefined
          ? "of a source whose types are not known: use from(Schema)"
          : element === undefined
            ? `of type "${fieldOf(info, field).type.name}"`
            : `a list of "${element.name}", which has no order: use .filter((row) => …)`
      }.`,
    );
  }
  if (value === null) {
    throw new InvalidQueryError(
      `${owner}.${field}.has is null, and lists hold no nulls. Write { ${field}: { isNull: true } } for rows without a list.`,
    );
  }
  checkValue(info, owner, itemsOf(field), "has", value);
  return Object.freeze({ field: itemsOf(field), op: "eq", value: detached(value) });
}

function parseOperator(
  info: SchemaInfo | undefined,
  owner: string,
  field: string,
  op: ConditionOp,
  value: unknown,
): Condition {
  const at = `${owner}.${field}.${op}`;
  switch (op) {
    case "in":
    case "notIn": {
      if (!Array.isArray(value)) {
        throw new InvalidQueryError(`${at} takes an array: { ${field}: { ${op}: [a, b] } }.`);
      }
      for (const item of value) checkValue(info, owner, field, op, item);
      return Object.freeze({ field, op, value: Object.freeze(detached(value)) });
    }
    case "isNull":
      if (typeof value !== "boolean") {
        throw new InvalidQueryError(`${at} takes true or false, not ${showValue(value)}.`);
      }
      break;
    case "startsWith":
      checkValue(info, owner, field, op, value);
      if (typeof value !== "string" && !isBytes(value)) {
        throw new InvalidQueryError(`${at} takes a string (or bytes on a binary field).`);
      }
      break;
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      checkValue(info, owner, field, op, value);
      if (value === null) {
        throw new InvalidQueryError(
          `${at} is null, and an empty value is neither greater nor less than another. ` +
            `Write { ${field}: { isNull: true } } or { isNull: false }.`,
        );
      }
      break;
    default:
      checkValue(info, owner, field, op, value);
  }
  return Object.freeze({ field, op, value: detached(value) });
}

/** Whether `or` names alternatives: a field of this name comes first, and `or(…)` is always meant as one. */
function namesAlternatives(info: SchemaInfo | undefined, where: Record<string, unknown>): boolean {
  if (isOr(where)) return true;
  return info === undefined ? Array.isArray(where.or) : !info.hasField("or");
}

function parseOr(
  info: SchemaInfo | undefined,
  source: string,
  owner: string,
  alternatives: unknown,
): Conditions {
  if (!Array.isArray(alternatives)) {
    throw new InvalidQueryError(
      `The "or" of a query on ${owner} is a list of conditions, of which one holds: ` +
        `.where({ or: [{ name: "Ada" }, { name: "Bob" }] }), not ${showValue(alternatives)}.`,
    );
  }
  // Not `map`, which leaves out holes.
  const ways = Array.from(alternatives, (alternative: unknown, at) => {
    if (!isPlainObject(alternative) || Object.keys(alternative).length === 0) {
      throw new InvalidQueryError(
        `Alternative ${at} of an "or" on ${owner} is ${showValue(alternative)}, where conditions by field belong: ` +
          '{ or: [{ name: "Ada" }] }. Without conditions it would match every row; leave it out of the list.',
      );
    }
    const { where, or } = parseWhere(info, source, alternative);
    return combinations(where, or);
  });
  return unite(ways.flat());
}

/**
 * Reads a `where` object into conditions; values are checked against the field's type at once.
 *
 * @throws InvalidQueryError for undefined, an unknown operator or a value of another type
 * @throws UnknownFieldError for a name that is no field
 */
export function parseWhere(info: SchemaInfo | undefined, source: string, where: unknown): Conditions {
  const owner = info?.name ?? JSON.stringify(source);
  if (!isPlainObject(where)) {
    throw new InvalidQueryError(`.where() takes an object of conditions by field: .where({ name: "Ada" }).`);
  }
  const conditions: Condition[] = [];
  const or: Conditions["or"][number][] = [];
  for (const field of Object.keys(where)) {
    if (field === "or" && namesAlternatives(info, where)) {
      const parsed = parseOr(info, source, owner, where.or);
      conditions.push(...parsed.where);
      or.push(...parsed.or);
      continue;
    }
    requireStoredField(info, owner, field);
    // Such a name is none that a caller writes.
    if (isItems(info, field)) info!.field(field);
    const value = where[field];
    if (!isPlainObject(value)) {
      checkValue(info, owner, field, "", value);
      conditions.push(Object.freeze({ field, op: "eq", value: detached(value) }));
      continue;
    }
    const names = Object.keys(value);
    if (names.length === 0) {
      throw new InvalidQueryError(
        `The condition on ${owner}.${field} is an empty object; write { ${field}: { eq: value } }.`,
      );
    }
    for (const name of names) {
      if (!operators.has(name)) {
        throw new InvalidQueryError(
          `"${name}" is no operator of ${owner}.${field}; there are ${[...operators].join(", ")}. ` +
            `An object as a value is written { ${field}: { eq: { … } } }.`,
        );
      }
      if (name === "has") conditions.push(parseHas(info, owner, field, value[name]));
      else conditions.push(parseOperator(info, owner, field, name as ConditionOp, value[name]));
    }
  }
  return { where: conditions, or };
}

/** The tree with further conditions. @throws InvalidQueryError, UnknownFieldError */
export function withWhere(ast: QueryAst, where: unknown): QueryAst {
  const parsed = parseWhere(ast.info, ast.source, where);
  return Object.freeze({
    ...ast,
    where: [...ast.where, ...parsed.where],
    or: parsed.or.length === 0 ? ast.or : [...ast.or, ...parsed.or],
  });
}
