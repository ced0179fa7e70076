/** The conditions of a partial index: as a migration writes them, and as they are registered. */

import { MigrationError } from "../../errors.js";
import { type ConditionOp, type StoredCondition, storedKey } from "../../layer/index.js";
import {
  type FieldInfo,
  type FieldKey,
  isPlainObject,
  type SchemaInfo,
  type StoredValue,
} from "../../schema/index.js";

type Ordered = string | number | bigint | Date | Uint8Array;

/** What a field of a partial index must be: a value, or operators that must all hold. */
export type WhereCondition<V> =
  | V
  | {
      readonly eq?: V;
      readonly in?: readonly V[];
      readonly gt?: Extract<V, Ordered>;
      readonly gte?: Extract<V, Ordered>;
      readonly lt?: Extract<V, Ordered>;
      readonly lte?: Extract<V, Ordered>;
      readonly startsWith?: V extends string ? string : never;
      readonly isNull?: boolean;
    };

export type Where<T> = { readonly [K in FieldKey<T>]?: WhereCondition<T[K]> };

const ops: ReadonlySet<string> = new Set(["eq", "in", "gt", "gte", "lt", "lte", "startsWith", "isNull"]);

/** The conditions as they are registered, ordered by field and operator so that equal ones compare as equal. */
export function storedConditions<T>(
  info: SchemaInfo,
  where: Where<T> | undefined,
): readonly StoredCondition[] | undefined {
  if (where === undefined) return undefined;
  const conditions: StoredCondition[] = [];
  for (const name of Object.keys(where).sort()) {
    if (!info.hasField(name) || info.field(name).virtual) {
      throw new MigrationError(
        `${info.name} has no stored field "${name}" for the condition of a partial index.`,
      );
    }
    const field = info.field(name);
    const value = (where as Record<string, unknown>)[name];
    if (value === undefined) throw undefinedCondition(info, name);
    if (!isPlainObject(value)) {
      conditions.push(condition(field, "eq", dump(field, value)));
      continue;
    }
    for (const op of Object.keys(value).sort()) {
      if (!ops.has(op)) throw new MigrationError(`"${op}" is no operator; there are ${[...ops].join(", ")}.`);
      if (value[op] === undefined) throw undefinedCondition(info, name);
      conditions.push(condition(field, op as ConditionOp, operand(field, op as ConditionOp, value[op])));
    }
  }
  return conditions.length === 0 ? undefined : conditions;
}

function condition(field: FieldInfo, op: ConditionOp, value: StoredValue): StoredCondition {
  if (field.type.toKey === undefined && op !== "isNull") {
    throw new MigrationError(`The type "${field.type.name}" of "${field.name}" has no order to compare by.`);
  }
  return { field: field.name, stored: storedKey(field), type: field.type.name, op, value };
}

function operand(field: FieldInfo, op: ConditionOp, value: unknown): StoredValue {
  if (op === "isNull") return value === true;
  if (op === "in") return (value as readonly unknown[]).map((one) => dump(field, one));
  if (op === "startsWith") return String(value);
  return dump(field, value);
}

function dump(field: FieldInfo, value: unknown): StoredValue {
  return value === null ? null : field.type.dump(value);
}

function undefinedCondition(info: SchemaInfo, name: string): MigrationError {
  return new MigrationError(
    `The condition on ${info.name}.${name} is undefined; write { ${name}: null } for records without a value.`,
  );
}
