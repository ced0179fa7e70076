/** Finds the relations of a schema whose records go, or are let go, with a record that is deleted. */

import type { OnDelete, SchemaInfo } from "../../schema/index.js";
import { holderOf } from "../related/index.js";
import type { Values } from "../rows/index.js";

/** One such relation. */
export interface Dependent {
  readonly owner: SchemaInfo;
  readonly relation: string;
  /** Of the rows that hold the owner's key: the related records, or the joins with them. */
  readonly schema: SchemaInfo;
  readonly foreignKeys: readonly string[];
  /** The fields of the owner whose values they hold. */
  readonly references: readonly string[];
  readonly onDelete: Exclude<OnDelete, "nothing">;
}

/** The values of a key, in the order of its fields. */
export type HeldValues = readonly unknown[];

/** Deleted records of one schema. */
export interface Level {
  readonly info: SchemaInfo;
  readonly records: readonly Values[];
  /** How they were found: by which relation, from which records; undefined for those that the caller deletes. */
  readonly by: { readonly dependent: Dependent; readonly keys: readonly HeldValues[] } | undefined;
}

const known = new WeakMap<SchemaInfo, readonly Dependent[]>();

/** @throws SchemaError for a relation that does not fit its schema */
export function dependentsOf(info: SchemaInfo): readonly Dependent[] {
  let dependents = known.get(info);
  if (dependents === undefined) {
    dependents = Object.freeze(
      info.associations.flatMap((association): Dependent[] => {
        const { name, onDelete } = association;
        if (onDelete === "nothing") return [];
        const holder = holderOf(association);
        return holder === undefined ? [] : [{ owner: info, relation: name, ...holder, onDelete }];
      }),
    );
    known.set(info, dependents);
  }
  return dependents;
}

/** Those of a schema, and of all that may be deleted with it. */
export function allDependents(info: SchemaInfo): readonly Dependent[] {
  const seen = new Set([info]);
  const all: Dependent[] = [];
  for (const schema of seen) {
    for (const one of dependentsOf(schema)) {
      all.push(one);
      if (one.onDelete === "deleteAll") seen.add(one.schema);
    }
  }
  return all;
}
