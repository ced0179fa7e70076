/** Writes a record together with its related records: what leaves, then parents, its own row and its children. */

import type { WritePlace } from "../../layer/index.js";
import { type Conflict, raise, refuseChangedInPlace, type Values } from "../rows/index.js";
import type { Session } from "../transaction/index.js";
import { type Blocked, writeBlocked, writeUnlessBlocked } from "./blocked.js";
import {
  type ChildGraphs,
  type Graph,
  graphOf,
  isAlone,
  leavingOf,
  linked,
  type ParentGraph,
} from "./graph.js";
import { prepareChanges, preparesChanges } from "./prepare-changes.js";
import { belongsTo } from "./stored-parents.js";
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
  if (changesNothing(write)) {
    refuseChangedInPlace(write.info, write.record);
    return write.record;
  }
  if (isAlone(graph)) return withParents(write, await writeRow(session, write, undefined, conflict, place));
  place?.leave();
  return await session.whole((part) => writeWhole(part, graph, conflict));
}

const changesNothing = ({ action, changeset }: Write): boolean =>
  action === "update" && changeset !== undefined && Object.keys(changeset.changes).length === 0;

/** The writes of a graph that wait for others. */
interface Waiting {
  /** Of new records, until those of the records that are stored already are done. */
  readonly inserts: (() => Promise<void>)[];
  readonly blocked: Blocked;
}

/** A unique index sees the rows that leave first and those that come last, on whatever level they are. */
async function writeWhole(session: Session, graph: Graph, conflict: Conflict): Promise<Values> {
  for (const write of leavingOf(graph)) await writeGraph(session, write);
  const waiting: Waiting = { inserts: [], blocked: [] };
  const record = await writeLevel(session, graph, conflict, waiting);
  await writeBlocked(waiting.blocked);
  for (const insert of waiting.inserts) await insert();
  await writeBlocked(waiting.blocked);
  return record;
}

function writeNested(session: Session, graph: Graph, waiting: Waiting): Promise<Values> {
  if (preparesChanges(graph.write)) return writeGraph(session, graph.write);
  return writeLevel(session, graph, raise, waiting);
}

async function writeLevel(
  session: Session,
  graph: Graph,
  conflict: Conflict,
  waiting: Waiting,
): Promise<Values> {
  const { write, parents, children } = graph;
  if (changesNothing(write)) return write.record;
  const { keys, records } = await writeParents(session, parents, waiting);
  const record = await writeRow(session, write, keys, conflict, undefined, !isAlone(graph));
  showParents(write, record, records);
  for (const one of children) await writeChildren(session, write, record, one, waiting);
  return record;
}

/** What writing the parents gave: the foreign keys that follow, and the parents as they are now. */
interface WrittenParents {
  /** Undefined without parents. */
  readonly keys: Values | undefined;
  readonly records: Readonly<Record<string, Values | null>>;
}

async function writeParents(
  session: Session,
  parents: readonly ParentGraph[],
  waiting: Waiting,
): Promise<WrittenParents> {
  let keys: Values | undefined;
  const records: Record<string, Values | null> = {};
  for (const { association, graph } of parents) {
    const parent = graph === null ? null : await writeNested(session, graph, waiting);
    keys ??= {};
    keys[association.foreignKey] = parent === null ? null : parent[association.target().primaryKey.name];
    records[association.name] = parent;
  }
  return { keys, records };
}

async function writeChildren(
  session: Session,
  { info }: Write,
  owner: Values,
  { association, graphs }: ChildGraphs,
  waiting: Waiting,
): Promise<void> {
  const { name, kind } = association;
  const rows: Values[] = [];
  owner[name] = kind === "hasMany" ? rows : null;
  if (graphs.length === 0) return;
  const key = owner[info.primaryKey.name];
  for (const [place, graph] of graphs.entries()) {
    const child = linked(graph, association, info, key);
    const write = async () => {
      const row = await writeNested(session, child, waiting);
      if (kind === "hasMany") rows[place] = row;
      else owner[name] = row;
    };
    if (child.write.action === "insert") waiting.inserts.push(write);
    else if (isAlone(child) && !preparesChanges(child.write))
      await writeUnlessBlocked(waiting.blocked, write);
    else await write();
  }
}

function withParents(write: Write, record: Values): Values {
  if (write.parents !== undefined) showParents(write, record, write.parents as Record<string, Values>);
  return record;
}

/** What a conflict left as it was keeps its own parents. */
function showParents(
  { info }: Write,
  record: Values,
  parents: Readonly<Record<string, Values | null>>,
): void {
  for (const [name, parent] of Object.entries(parents)) {
    if (belongsTo(info, record, name, parent)) record[name] = parent;
  }
}
