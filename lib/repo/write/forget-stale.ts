/** Takes loaded relations off a record that was written, where they may tell what is so no longer. */

import type { AssociationInfo, SchemaInfo } from "../../schema/index.js";
import type { Values } from "../rows/index.js";
import { type Graph, graphsBelow } from "./graph.js";
import type { Write } from "./write.js";

/** The sources whose rows are written, removed or let go with a record. */
export function writtenSources(graph: Graph): ReadonlySet<string> {
  const sources = new Set<string>();
  const visit = (one: Graph) => {
    for (const { info } of one.leaving) sources.add(info.source);
    for (const { association } of one.joins) sources.add(association.join().schema.source);
    for (const below of graphsBelow(one)) {
      sources.add(below.write.info.source);
      visit(below);
    }
  };
  visit(graph);
  return sources;
}

/**
 * A relation that was loaded before the write and was not written itself, of a source that was: it is unloaded, as it
 * is in a record that was just read. Parents are shown by their keys.
 *
 * @param keys foreign keys that the write of the parents gave
 * @param sources that were written with the record
 */
export function forgetStale(
  { info, action, changeset }: Write,
  record: Values,
  keys: Readonly<Values> | undefined,
  sources: ReadonlySet<string>,
): void {
  if (action !== "update" || changeset === undefined || info.associations.length === 0) return;
  const changes = { ...changeset.changes, ...keys };
  for (const association of info.associations) {
    const { name, kind } = association;
    if (kind === "belongsTo" || Object.hasOwn(changes, name) || !Object.hasOwn(record, name)) continue;
    const stale =
      sourcesOf(info, association).some((source) => sources.has(source)) ||
      [...firstSteps(info, association), ...referencesOf(association)].some((step) =>
        Object.hasOwn(changes, step),
      );
    if (stale) delete record[name];
  }
}

function sourcesOf(info: SchemaInfo, association: AssociationInfo): readonly string[] {
  const { target, through, join } = association;
  const own = [target().source, ...(join === undefined ? [] : [join().schema.source])];
  if (through === undefined) return own;
  const all: string[] = [];
  let at = info;
  for (const step of through) {
    const next = at.association(step);
    all.push(...sourcesOf(at, next));
    at = next.target();
  }
  return all;
}

/** The fields of the record by which it has related ones. */
const referencesOf = (association: AssociationInfo): readonly string[] =>
  association.foreignKey === undefined || association.kind === "belongsTo" ? [] : association.references();

/** The first step of a way, and the key by which it is taken. */
function firstSteps(info: SchemaInfo, { through }: AssociationInfo): readonly string[] {
  const [first] = through ?? [];
  if (first === undefined) return [];
  const next = info.association(first);
  return [first, ...next.foreignKeys, ...referencesOf(next), ...firstSteps(info, next)];
}
