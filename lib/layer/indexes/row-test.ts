/** Compiles a condition of a partial index into a test of rows. */

import type { StoredValue } from "../../schema/index.js";
import { pack, type TupleItem } from "../../tuple/index.js";
import type { RecordLayout, RowView } from "../codec/index.js";
import type { Bytes } from "../keys/index.js";
import type { StoredCondition } from "../metadata/index.js";
import { type Column, columnOf } from "./column.js";

/** Whether a row belongs to a partial index. */
export type RowTest = (row: RowView) => boolean;

/** The condition as a test of rows; compares in key order, as index ranges do. */
export function compileCondition(layout: RecordLayout, condition: StoredCondition): RowTest {
  const column = columnOf(layout, condition.stored, condition.type);
  if (condition.op === "isNull") {
    const wanted = condition.value === true;
    return (row) => (column.item(row) === null) === wanted;
  }
  if (condition.op === "in") {
    const bounds = (condition.value as readonly StoredValue[]).map((value) => bound(column, value));
    return (row) => {
      const packed = pack([column.item(row)]);
      return bounds.some((one) => Buffer.compare(packed, one) === 0);
    };
  }
  if (condition.op === "startsWith") {
    const text = condition.value as string;
    return (row) => {
      const item = column.item(row);
      return typeof item === "string" && item.startsWith(text);
    };
  }
  return comparison(column, condition.op, bound(column, condition.value));
}

function comparison(column: Column, op: "eq" | "gt" | "gte" | "lt" | "lte", wanted: Bytes): RowTest {
  const holds = {
    eq: (order: number) => order === 0,
    gt: (order: number) => order > 0,
    gte: (order: number) => order >= 0,
    lt: (order: number) => order < 0,
    lte: (order: number) => order <= 0,
  }[op];
  return (row) => {
    const item: TupleItem = column.item(row);
    if (item === null && op !== "eq") return false;
    return holds(Buffer.compare(pack([item]), wanted));
  };
}

function bound(column: Column, value: StoredValue): Bytes {
  if (value === null) return pack([null]);
  return pack([(column.type.toKey as (value: unknown) => TupleItem)(column.type.load(value))]);
}
