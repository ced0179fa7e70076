/** Turns a plan's relative keys into keys of a tenant, and entries that were found into record keys and values. */

import { concatBytes } from "../../engine/index.js";
import {
  decodeEntry,
  entryValues,
  type IndexEntry,
  indexPrefix,
  type KeyRange,
  layoutOf,
  rowOf,
  sourceKeys,
} from "../../layer/index.js";
import { setMeta } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import { type TupleItem, unpack } from "../../tuple/index.js";
import { type Plan, type Span, tellsRows } from "../plan/index.js";
import { keyFields, type QueryAst } from "../words/index.js";
import { customRecordKey } from "./custom-range.js";

/** The raw prefix of every key of the plan's path in a tenant. */
export function pathPrefix(tenant: Tenant, ast: QueryAst, plan: Plan): Uint8Array {
  const { index } = plan.path;
  return index === undefined ? sourceKeys(tenant, ast.source).data : indexPrefix(tenant, index);
}

/** A key and value that a plan found. */
export interface Entry {
  readonly raw: Uint8Array;
  /** The key relative to the plan's path. */
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export const absolute = (prefix: Uint8Array, span: Span): KeyRange => ({
  begin: concatBytes(prefix, span.begin),
  end: concatBytes(prefix, span.end),
});

function parse(tenant: Tenant, ast: QueryAst, plan: Plan, entry: Entry): IndexEntry {
  return decodeEntry(tenant, plan.path.index!, keyFields(ast.info).length, entry.raw, entry.value);
}

/** The key items of the record that an entry stands for. */
export function recordKey(tenant: Tenant, ast: QueryAst, plan: Plan, entry: Entry): readonly TupleItem[] {
  if (plan.kind === "custom") return customRecordKey(tenant, ast, entry.raw);
  if (plan.path.index === undefined) return unpack(entry.key).slice(0, plan.path.own);
  if (plan.path.index.unique) return parse(tenant, ast, plan, entry).pk;
  return unpack(entry.key).slice(plan.path.own);
}

/** What an index entry tells of its row; undefined where that must be read. */
export function toldRow(tenant: Tenant, ast: QueryAst, plan: Plan, entry: Entry): object | undefined {
  if (plan.fetch) return undefined;
  if (!tellsRows(plan)) return coveredRow(tenant, ast, plan, entry);
  const { body, pk } = parse(tenant, ast, plan, entry);
  return body === undefined ? undefined : rowOf(layoutOf(ast.info!), tenant, body, pk, false).record;
}

/** The fields that an index entry tells. */
function coveredRow(tenant: Tenant, ast: QueryAst, plan: Plan, entry: Entry): object {
  const found = parse(tenant, ast, plan, entry);
  const row = entryValues(ast.info!, plan.path.index!, found);
  // A record of some fields is written to by its tenant and key.
  if (ast.select?.record === true) setMeta(row, { state: "loaded", tenant }, undefined, found.pk);
  return row;
}
