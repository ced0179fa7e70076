/** What a label of a consumer selects, and which live queries and sources can be consumed. */

import { MetadataRequiredError, UnsupportedQueryError } from "../../errors.js";
import { conditionFields, type QueryAst } from "../../query/index.js";
import { keyOfId } from "../../repo/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { TupleItem } from "../../tuple/index.js";
import { type AnyLive, isLive, partsOf } from "../live/index.js";
import { loggedFields, type Reader, rowKey } from "../log/index.js";

/** Selects rows by predicate (`ast`), or by key. */
export interface ConsumedLabel {
  readonly name: string;
  readonly hash: string;
  readonly info: SchemaInfo;
  readonly ast: QueryAst | undefined;
  /** Packed primary keys, with their elements. */
  readonly keys: ReadonlyMap<string, readonly TupleItem[]> | undefined;
}

/** A function cannot be asked about a row of which only some fields are known. */
const isPlain = (ast: QueryAst): boolean => ast.limit === undefined && ast.filters.length === 0;

/** @throws UnsupportedQueryError for a live query whose changes do not follow from single rows */
export function consumedLabel(name: string, live: AnyLive): ConsumedLabel {
  const { spec } = partsOf(live);
  const { hash } = live;
  if (spec.kind === "one")
    return { name, hash, info: spec.info, ast: undefined, keys: keysOf(spec.info, [spec.id]) };
  if (spec.kind === "each" && !isLive(spec.ids) && spec.of !== undefined)
    return { name, hash, info: spec.of, ast: undefined, keys: keysOf(spec.of, spec.ids) };
  if (spec.kind === "all" && isPlain(spec.ast) && spec.on === "changes") {
    return { name, hash, info: spec.info, ast: spec.ast, keys: undefined };
  }
  throw new UnsupportedQueryError(
    `sync.consume cannot process the label ${JSON.stringify(name)} (sync.${live.kind}): it takes sync.one, sync.many, ` +
      "and sync.all or sync.allBy without limit, filter and `on`.",
  );
}

function keysOf(info: SchemaInfo, ids: readonly unknown[]): ReadonlyMap<string, readonly TupleItem[]> {
  const keys = ids.map((id) => keyOfId(info, id));
  return new Map(keys.map((pk) => [rowKey(pk), pk]));
}

/** @throws MetadataRequiredError, UnsupportedQueryError for a condition on a field whose old values nobody keeps */
export async function requireLogs(reader: Reader, labels: readonly ConsumedLabel[]): Promise<void> {
  for (const { info, ast } of labels) {
    const metadata = await reader.metadata(info.source);
    if (!metadata.logged) {
      throw new MetadataRequiredError(
        `sync.consume on ${info.name} needs the log of its changes. ` +
          `Add a migration with: create(metadata(${info.name})).`,
      );
    }
    const logged = loggedFields(info, metadata);
    const missing = (ast === undefined ? [] : conditionFields(ast)).find((field) => !logged.has(field));
    if (missing !== undefined) {
      throw new UnsupportedQueryError(
        `sync.consume on ${info.name} by "${missing}" needs the old values of this field in the log. ` +
          `Add a migration with: create(index(${info.name}, ["${missing}"])).`,
      );
    }
  }
}
