/** Paths such as `"address.city"`, from a record into the records that are embedded in it. */

import { storedName } from "./embed-type.js";
import type { FieldInfo, SchemaInfo } from "./schema-info.js";

/** Where a path leads. */
export interface EmbedPath {
  /** The field of the record in which the embed lies. */
  readonly root: FieldInfo;
  /** The names of the steps behind the root, as they are stored. */
  readonly stored: readonly string[];
  readonly leaf: FieldInfo;
}

/** The field that a path names; undefined where a step is no embed of one record, or names nothing. */
export function embedPath(info: SchemaInfo, path: string): EmbedPath | undefined {
  const [first = "", ...steps] = path.split(".");
  if (steps.length === 0 || !info.hasEmbed(first)) return undefined;
  const root = info.field(first);
  const stored: string[] = [];
  let holder = info;
  let leaf = root;
  for (const step of steps) {
    if (!holder.hasEmbed(leaf.name) || holder.embed(leaf.name).cardinality !== "one") return undefined;
    holder = holder.embed(leaf.name).target();
    if (!holder.hasField(step) || holder.field(step).virtual) return undefined;
    leaf = holder.field(step);
    stored.push(storedName(leaf));
  }
  return { root, stored, leaf };
}

/** The path, by the properties' names, of what is stored under these names; undefined where this class lacks a step. */
export function pathOfStored(info: SchemaInfo, root: string, stored: readonly string[]): string | undefined {
  const names = [root];
  let holder = info;
  for (const step of stored) {
    const name = names.at(-1)!;
    if (!holder.hasEmbed(name) || holder.embed(name).cardinality !== "one") return undefined;
    holder = holder.embed(name).target();
    const field = holder.fields.find((one) => storedName(one) === step);
    if (field === undefined) return undefined;
    names.push(field.name);
  }
  return names.join(".");
}
