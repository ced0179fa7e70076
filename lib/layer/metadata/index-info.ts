/** How an index is described in a tenant's registrations: its kind, fields, conditions and state. */

import type { StoredValue } from "../../schema/index.js";
import type { StoredKey } from "../codec/index.js";

/**
 * `writeOnly`: maintained, not yet queried (it is being built). `readable`: complete. `deleteOnly`: being dropped;
 * never queried, entries are only removed.
 */
export type IndexState = "writeOnly" | "readable" | "deleteOnly";
export type IndexKind = "index" | "metadata" | "counter" | "sum" | "custom";
export type ConditionOp = "eq" | "in" | "gt" | "gte" | "lt" | "lte" | "startsWith" | "isNull";

/** One condition of a partial index; all of them must hold. */
export interface StoredCondition {
  readonly field: string;
  readonly stored: StoredKey;
  readonly type: string;
  readonly op: ConditionOp;
  /** In stored form: a list for `in`, a boolean for `isNull`. */
  readonly value: StoredValue;
}

/** An index as it is registered in a tenant; what a process needs to maintain it without the code that made it. */
export interface IndexInfo {
  readonly kind: IndexKind;
  readonly source: string;
  readonly name: string;
  /** What the fields of the record's key are called: partition, if any, and primary key. */
  readonly key: readonly StoredKey[];
  /** Properties. */
  readonly fields: readonly string[];
  /** What the fields are called inside records (tag, or stored name). */
  readonly stored: readonly StoredKey[];
  /** Names of the types that encode the fields' keys. */
  readonly types: readonly string[];
  readonly unique: boolean;
  /** Properties whose values the entries hold (a covering index), or the one that a sum adds up. */
  readonly include: readonly string[];
  readonly includeStored: readonly StoredKey[];
  /** The entries hold the records whole, apart from long ones; `include` is empty then. */
  readonly whole?: true;
  /** A partial index holds the rows that satisfy these. */
  readonly where: readonly StoredCondition[] | undefined;
  /** The place of the field, a list, of which each item has an entry of its own. */
  readonly each?: number;
  /** For each field the stored names of the steps from it into embeds; empty for the field itself. */
  readonly paths?: readonly (readonly string[])[];
  /** Among indexes that serve a query, those of a higher number come first; default 0. */
  readonly priority?: number;
  /** The registered name of a custom indexer. */
  readonly indexer: string | undefined;
  readonly state: IndexState;
}

/** Whether an index keeps numbers instead of entries: how many rows there are, or what their values add up to. */
export const isTally = ({ kind }: Pick<IndexInfo, "kind">): boolean => kind === "counter" || kind === "sum";

/** The default name of an index: `<source>_<fields>_<suffix>`, other characters than letters and digits as `_`. */
export function indexName(source: string, fields: readonly string[], suffix: string): string {
  return [source, ...fields, suffix].join("_").replace(/\W/g, "_");
}

export function freezeIndex(info: IndexInfo): IndexInfo {
  Object.freeze(info.key);
  Object.freeze(info.fields);
  Object.freeze(info.stored);
  Object.freeze(info.types);
  Object.freeze(info.include);
  Object.freeze(info.includeStored);
  if (info.paths !== undefined) Object.freeze(info.paths);
  if (info.where !== undefined) {
    for (const condition of info.where) Object.freeze(condition);
    Object.freeze(info.where);
  }
  return Object.freeze(info);
}
