/** Writes a record together with its related records: what leaves, then parents, its own row and its children. */

import { deletesIfExists } from "../../changeset/index.js";
import { InvalidOptionsError, StaleEntryError } from "../../errors.js";
import type { WritePlace } from "../../layer/index.js";
import { equalValues, type KeyedAssociation, nullableOf, type SchemaInfo } from "../../schema/index.js";
import { deleteWithDependents, dependentsOf, type Gone, rowText } from "../cascade/index.js";
import {
  type Conflict,
  isStaleRow,
  raise,
  refuseChangedInPlace,
  stale,
  storedKey,
  type Values,
} from "../rows/index.js";
import type { Session } from "../transaction/index.js";
import { forgetStale, writtenSources } from "./forget-stale.js";
import {
  type ChildGraphs,
  type Graph,
  graphOf,
  graphsBelow,
  isAlone,
  type JoinGraphs,
  leavingOf,
  linked,
  type ParentGraph,
} from "./graph.js";
import { prepareChanges, preparesChanges } from "./prepare-changes.js";
import { belongsTo } from "./stored-parents.js";
import type { Write } from "./write.js";
import { removeJoins, writeJoin } from "./write-joins.js";
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
  // What the functions write belongs to this write, and goes with it.
  const write = () =>
    session.part(async (part) => writePrepared(part, await prepareChanges(part, given), conflict));
  return inPlace(place, removesDependents(given), write);
}

/** A write of several rows, in its place among those beside it. */
function inPlace<T>(place: WritePlace | undefined, alone: boolean, write: () => Promise<T>): Promise<T> {
  if (place === undefined) return write();
  return alone ? place.alone(write) : place.several(write);
}

const removesDependents = ({ action, info }: Write): boolean =>
  action === "delete" && dependentsOf(info).length > 0;

async function writePrepared(
  session: Session,
  write: Write,
  conflict: Conflict,
  place?: WritePlace,
): Promise<Values> {
  const graph = graphOf(session, write);
  if (changesNothing(write)) {
    refuseChangedInPlace(write.info, write.record);
    if (write.force !== true) return write.record;
  }
  const leaving = leavingOf(graph);
  const alone = removesDependents(write) || leaving.some(removesDependents);
  if (isAlone(graph) && !alone) {
    place?.single();
    const record = await writeRow(session, write, undefined, conflict, place);
    forgetStale(write, record, undefined, noSources);
    return withParents(write, record);
  }
  return await inPlace(place, alone, () =>
    session.whole((part) => part.layer.attempt.judged(() => writeWhole(part, graph, leaving, conflict))),
  );
}

const noSources: ReadonlySet<string> = new Set();

const changesNothing = ({ action, changeset }: Write): boolean =>
  action === "update" && changeset !== undefined && Object.keys(changeset.changes).length === 0;

/** The writes of a graph that wait for others, and what becomes of records that are loaded. */
interface Waiting {
  /** Rows that were deleted, those that went with the ones that leave included. */
  readonly gone: Gone;
  readonly sources: ReadonlySet<string>;
  /** Of new records, until those of the records that are stored already are done. */
  readonly inserts: (() => Promise<void>)[];
  /** Of records that are there, with others that are. */
  readonly joins: (() => Promise<void>)[];
}

/** A unique index sees the rows that leave first and those that come last, on whatever level they are. */
async function writeWhole(
  session: Session,
  graph: Graph,
  leaving: readonly Write[],
  conflict: Conflict,
): Promise<Values> {
  const gone: Gone = new Set();
  for (const write of leaving) await writeLeaving(session, write, gone);
  await removeAllJoins(session, graph, gone);
  const waiting: Waiting = { gone, sources: writtenSources(graph), inserts: [], joins: [] };
  const record = await writeLevel(session, graph, conflict, waiting);
  for (const insert of waiting.inserts) await insert();
  for (const join of waiting.joins) await join();
  return record;
}

/** A row that was deleted with another one that leaves is gone already. */
async function writeLeaving(session: Session, write: Write, gone: Gone): Promise<void> {
  if (gone.has(rowText(write.info, write.record))) return;
  if (preparesChanges(write)) await writeGraph(session, write);
  else if (write.action !== "delete") await writeRow(session, write, undefined, raise);
  else await deleteLeaving(session, write, gone);
}

async function deleteLeaving(
  session: Session,
  { info, record, changeset }: Write,
  gone: Gone,
): Promise<void> {
  try {
    await deleteWithDependents(session, info, record, changeset, gone);
  } catch (error) {
    const isGone = error instanceof StaleEntryError && error.missing && isStaleRow(error, info, record);
    if (!isGone || changeset === undefined || !deletesIfExists(changeset)) throw error;
    gone.add(rowText(info, record));
  }
}

async function removeAllJoins(session: Session, graph: Graph, gone: Gone): Promise<void> {
  for (const joins of graph.joins) await removeJoins(session, graph.write, joins, gone);
  for (const below of graphsBelow(graph)) await removeAllJoins(session, below, gone);
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
  const { write, parents, children, joins } = graph;
  refuseGone(write, waiting.gone);
  if (changesNothing(write)) return write.record;
  const { keys, records } = await writeParents(session, write.info, parents, waiting);
  const record = await writeRow(session, write, keys, conflict, undefined, !isAlone(graph));
  showParents(write, record, records);
  for (const one of children) await writeChildren(session, write, record, one, waiting);
  for (const one of joins) await writeJoined(session, write, record, one, waiting);
  forgetStale(write, record, keys, waiting.sources);
  return record;
}

/** A record that is kept may be one that goes with another which leaves. */
function refuseGone({ action, info, record }: Write, gone: Gone): void {
  if (action !== "update" || gone.size === 0 || !gone.has(rowText(info, record))) return;
  throw stale(
    info,
    storedKey(info, record),
    "was deleted with another record, which this write removes",
    true,
  );
}

/** What writing the parents gave: the foreign keys that follow, and the parents as they are now. */
interface WrittenParents {
  /** Undefined without parents. */
  readonly keys: Values | undefined;
  readonly records: Readonly<Record<string, Values | null>>;
}

async function writeParents(
  session: Session,
  info: SchemaInfo,
  parents: readonly ParentGraph[],
  waiting: Waiting,
): Promise<WrittenParents> {
  let keys: Values | undefined;
  const records: Record<string, Values | null> = {};
  for (const { association, graph } of parents) {
    const parent = graph === null ? null : await writeNested(session, graph, waiting);
    keys = { ...keys, ...keysFrom(info, association, parent, keys) };
    records[association.name] = parent;
  }
  return { keys, records };
}

/** Of a composite key, what must not be empty stays where the parent goes: one empty field leads nowhere. */
function keysFrom(
  info: SchemaInfo,
  { name, foreignKeys, references }: KeyedAssociation,
  parent: Values | null,
  others: Values = {},
): Values {
  const keys: Values = {};
  if (parent === null) {
    for (const field of nullableOf(info, foreignKeys)) if (!Object.hasOwn(others, field)) keys[field] = null;
    return keys;
  }
  const names = references();
  for (const [at, field] of foreignKeys.entries()) {
    const value = parent[names[at]!];
    const other = others[field] ?? null;
    if (other !== null && !equalValues(info.field(field).type, other, value)) {
      throw new InvalidOptionsError(
        `The parents of a ${info.name} differ in ${field}, which ${name} and another relation share. Give parents that have it in ` +
          "common.",
      );
    }
    keys[field] = value;
  }
  return keys;
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
  for (const [place, graph] of graphs.entries()) {
    const child = linked(graph, association, info, owner);
    const write = async () => {
      const row = await writeNested(session, child, waiting);
      if (kind === "hasMany") rows[place] = row;
      else owner[name] = row;
    };
    if (child.write.action === "insert") waiting.inserts.push(write);
    else await write();
  }
}

/** The records of a many-to-many relation, and the joins with those that are new to it. */
async function writeJoined(
  session: Session,
  owner: Write,
  record: Values,
  { association, joined }: JoinGraphs,
  waiting: Waiting,
): Promise<void> {
  const rows: Values[] = [];
  record[association.name] = rows;
  for (const [place, { graph, already }] of joined.entries()) {
    const write = async () => {
      rows[place] = await writeNested(session, graph, waiting);
    };
    if (graph.write.action === "insert") waiting.inserts.push(write);
    else await write();
    if (already) continue;
    waiting.joins.push(() => writeJoin(session, owner, association, record, rows[place] as Values, place));
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
