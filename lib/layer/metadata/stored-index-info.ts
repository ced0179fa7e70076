/** Index registrations as they are stored, and the comparison that tells whether two describe the same index. */

import type { StoredValue } from "../../schema/index.js";
import { decodeMeta, encodeMeta } from "../codec/index.js";
import { freezeIndex, type IndexInfo, type StoredCondition } from "./index-info.js";

export function encodeIndexInfo(info: IndexInfo): Uint8Array {
  const stored: Record<string, StoredValue> = {
    kind: info.kind,
    state: info.state,
    key: info.key,
    fields: info.fields,
    stored: info.stored,
    types: info.types,
    unique: info.unique,
    include: info.include,
    includeStored: info.includeStored,
  };
  if (info.whole !== undefined) stored.whole = info.whole;
  if (info.where !== undefined) stored.where = info.where as unknown as StoredValue;
  if (info.indexer !== undefined) stored.indexer = info.indexer;
  if (info.each !== undefined) stored.each = info.each;
  if (info.paths !== undefined) stored.paths = info.paths;
  if (info.priority !== undefined) stored.priority = info.priority;
  return encodeMeta(stored);
}

export function decodeIndexInfo(source: string, name: string, bytes: Uint8Array): IndexInfo {
  const stored = decodeMeta(bytes) as unknown as Omit<IndexInfo, "source" | "name">;
  return freezeIndex({
    kind: stored.kind,
    source,
    name,
    key: stored.key,
    fields: stored.fields,
    stored: stored.stored,
    types: stored.types,
    unique: stored.unique,
    include: stored.include,
    includeStored: stored.includeStored,
    where: stored.where,
    indexer: stored.indexer,
    state: stored.state,
    ...(stored.whole !== undefined && { whole: stored.whole }),
    ...(stored.each !== undefined && { each: stored.each }),
    ...(stored.paths !== undefined && { paths: stored.paths }),
    ...(stored.priority !== undefined && { priority: stored.priority }),
  });
}

/** Whether two registrations describe the same index, whatever their states. */
export function sameDefinition(a: IndexInfo, b: IndexInfo): boolean {
  const bare = (info: IndexInfo) =>
    Buffer.from(
      encodeIndexInfo({ ...info, fields: [], include: [], state: "readable", where: bareWhere(info) }),
    );
  return a.source === b.source && a.name === b.name && bare(a).equals(bare(b));
}

/** Property names may be renamed while the stored names stay. */
function bareWhere(info: IndexInfo): readonly StoredCondition[] | undefined {
  return info.where?.map((condition) => ({ ...condition, field: "" }));
}
