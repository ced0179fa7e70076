/** The ways on which rows can be found: the records by their primary key, and each index. */

import { type IndexInfo, layoutOf } from "../../layer/index.js";
import { findBuiltinType, pathOfStored, type SchemaInfo } from "../../schema/index.js";
import { fieldOf, itemsOf, keyFields } from "../words/index.js";

/** Where rows can be found in some order: the records themselves, or an index. */
export interface AccessPath {
  /** `"primary"` for the records themselves. */
  readonly name: string;
  readonly index: IndexInfo | undefined;
  /** The fields that decide the order; the primary key closes every path, so rows never tie. */
  readonly fields: readonly string[];
  /** The leading fields that conditions can narrow. */
  readonly narrowing: readonly string[];
  /** How many of `fields` are the index's own. */
  readonly own: number;
  /** Properties that entries carry besides the key. */
  readonly include: readonly string[];
}

export const PRIMARY = "primary";

export function primaryPath(info: SchemaInfo | undefined): AccessPath {
  const fields = keyFields(info);
  return { name: PRIMARY, index: undefined, fields, narrowing: fields, own: fields.length, include: [] };
}

/** Registrations name fields as they are stored, so that renaming a property keeps its indexes. */
function properties(info: SchemaInfo | undefined, index: IndexInfo): readonly (string | undefined)[] {
  // Without a schema, names are those of fields and nothing else.
  if (info === undefined) {
    return index.each === undefined && index.paths === undefined ? index.fields : [undefined];
  }
  const layout = layoutOf(info);
  return index.stored.map((stored, i) => {
    const root = layout.nameOf(stored);
    if (root === undefined) return undefined;
    const path = index.paths?.[i] ?? [];
    const name = i === index.each ? itemsOf(root) : path.length > 0 ? pathOfStored(info, root, path) : root;
    if (name === undefined || (i === index.each && info.field(root).type.element === undefined))
      return undefined;
    const sameType =
      fieldOf(info, name).type.name === index.types[i] || findBuiltinType(index.types[i]!) === undefined;
    return sameType ? name : undefined;
  });
}

/** The path of an index; `undefined` when this schema lacks a field of it or declares it with another type. */
export function indexPath(info: SchemaInfo | undefined, index: IndexInfo): AccessPath | undefined {
  const own = properties(info, index);
  if (own.some((name) => name === undefined)) return undefined;
  const fields = [...(own as readonly string[]), ...keyFields(info)];
  const included = index.includeStored.map((stored, i) =>
    info === undefined ? index.include[i] : layoutOf(info).nameOf(stored),
  );
  return {
    name: index.name,
    index,
    fields,
    // The key of a unique entry ends with the values; the primary key is its value.
    narrowing: index.unique ? fields.slice(0, own.length) : fields,
    own: own.length,
    include: included.filter((name) => name !== undefined),
  };
}
