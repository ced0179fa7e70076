import { layoutOf } from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import { rowKey } from "./row-delta.js";

/** A row's key as a string, and what its changes call `key`. */
export function keyOfRow(info: SchemaInfo, row: object): { key: string; id: unknown } {
  return {
    key: rowKey(layoutOf(info).keyOf(row)),
    id: (row as Record<string, unknown>)[info.primaryKey.name],
  };
}
