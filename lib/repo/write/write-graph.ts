/** Writes a record together with its related records: parents first, then its own row, then its children. */

import type { WritePlace } from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import { type Conflict, raise, type Values } from "../rows/index.js";
import type { Session } from "../transaction/index.js";
import { type ChildWrites, type Graph, graphOf, linked, type ParentWrite } from "./graph.js";
import { prepareChanges, preparesChanges } from "./prepare-changes.js";
import type { Write } from "./write.js";
import { writeRow } from "./write-row.js";

/**
 * @param place among the writes of the transaction, when there are others beside it; a write of several rows gives it up
 * @returns the record that is stored now; of a delete, the one that was
 */
export async function writeGraph(
  session: Session,
  given: Write,
  conflict: Conflict = raise,
  place?: WritePlace,
): Promise<Values> {
  if (!preparesChanges(given)) return writePrepared(session, given, conflict, place);
  place?.leave();
  // What the functions write belongs to this write, and goes with it.
  return session.part(async (part) => writePrepared(part, await prepareChanges(part, given), conflict));
}

async function writePrepared(
  session: Session,
  write: Write,
  conflict: Conflict,
  place?: WritePlace,
): Promise<Values> {
  const graph = graphOf(session, write);
  if (changesNothing(write)) return write.record;
  if (graph.parents.length === 0 && graph.children.length === 0)
    return await writeRow(session, write, undefined, conflict, place);
  place?.leave();
  return await session.whole((part) => writeRelated(part, write, graph, conflict));
}

const changesNothing = ({ action, changeset }: Write): boolean =>
  action === "update" && changeset !== undefined && Object.keys(changeset.changes).length === 0;

async function writeRelated(
  session: Session,
  write: Write,
  { parents, children }: Graph,
  conflict: Conflict,
): Promise<Values> {
  const { keys, records } = await writeParents(session, parents);
  const record = await writeRow(session, write, keys, conflict);
  if (write.changeset !== undefined) Object.assign(record, records);
  await writeChildren(session, write.info, record, children);
  return record;
}

/** What writing the parents gave: the foreign keys that follow, and the parents as they are now. */
interface WrittenParents {
  /** Undefined without parents. */
  readonly keys: Values | undefined;
  readonly records: Values;
}

async function writeParents(session: Session, parents: readonly ParentWrite[]): Promise<WrittenParents> {
  let keys: Values | undefined;
  const records: Values = {};
  for (const { association, write } of parents) {
    const parent = write === null ? null : await writeGraph(session, write);
    keys ??= {};
    keys[association.foreignKey] = parent === null ? null : parent[association.target().primaryKey.name];
    records[association.name] = parent;
  }
  return { keys, records };
}

async function writeChildren(
  session: Session,
  info: SchemaInfo,
  owner: Values,
  children: readonly ChildWrites[],
): Promise<void> {
  for (const { association, writes } of children) {
    const { name, kind, foreignKey } = association;
    const rows: Values[] = [];
    for (const { write, link } of writes) {
      const child = link ? linked(write, foreignKey, owner[info.primaryKey.name]) : write;
      const row = await writeGraph(session, child);
      if (link) rows.push(row);
    }
    // A relation whose rows have all left it stays as the caller had it.
    if (rows.length > 0 || writes.length === 0) owner[name] = kind === "hasMany" ? rows : (rows[0] ?? null);
  }
}
