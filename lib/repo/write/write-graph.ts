import {
  type Changeset,
  change,
  changedValues,
  preparesOf,
  type RelationWrites,
  writesOfRelations,
} from "../../changeset/index.js";
import { getMeta, type SchemaInfo, schemaOf } from "../../schema/index.js";
import type { Session } from "../transaction/index.js";
import { checkTenant, tenantOf } from "../transaction/index.js";
import { type StoreOptions, storeNew } from "./insert-record.js";
import { removeRecord, storeChanges } from "./update-record.js";
import { newRecord, type Values, validChangeset } from "./write-values.js";

const raise: StoreOptions = { onConflict: "raise", blind: false };

type Cs = Changeset<Values>;

/** The schema behind a changeset's data. */
export function schemaOfRecord(record: object): SchemaInfo<Values> {
  return schemaOf(record.constructor as abstract new () => Values);
}

/** Runs the functions of `prepareChanges`, which may read and write in the transaction. */
async function prepared(session: Session, changeset: Cs, action: string): Promise<Cs> {
  const functions = preparesOf(changeset);
  if (functions.length === 0) return changeset;
  let current: unknown = changeset;
  for (const fn of functions) current = await fn(current as object, session.repo);
  return validChangeset(current as Cs, action) as Promise<Cs>;
}

const hasRelations = ({ before, after }: RelationWrites) => before.length > 0 || after.length > 0;

/** What writing the parents gave: the foreign keys that follow, and the parents as they are now. */
interface WrittenParents {
  readonly keys: Values;
  readonly records: Values;
}

/** Writes related parents first. */
async function writeParents(session: Session, { before }: RelationWrites): Promise<WrittenParents> {
  const keys: Values = {};
  const records: Values = {};
  for (const { association, changeset } of before) {
    const { primaryKey } = association.target();
    const parent = changeset === null ? null : await writeChangeset(session, changeset as unknown as Cs);
    keys[association.foreignKey] = parent === null ? null : parent[primaryKey.name];
    records[association.name] = parent;
  }
  return { keys, records };
}

async function writeChildren(
  session: Session,
  info: SchemaInfo,
  owner: Values,
  { after }: RelationWrites,
): Promise<void> {
  const children = new Map<string, { readonly many: boolean; readonly rows: Values[] }>();
  for (const { association, changeset, link } of after) {
    const { name, kind, foreignKey } = association;
    const child = changeset as unknown as Cs;
    const linked = link ? child.putChange(foreignKey, owner[info.primaryKey.name]) : child;
    const row = await writeChangeset(session, linked as Cs);
    if (!link) continue;
    const siblings = children.get(name) ?? { many: kind === "hasMany", rows: [] };
    siblings.rows.push(row);
    children.set(name, siblings);
  }
  for (const [name, { many, rows }] of children) owner[name] = many ? rows : (rows[0] ?? null);
}

/** A graph that failed half-way must not be committed by a caller that goes on. */
async function whole<T>(session: Session, partial: boolean, write: () => Promise<T>): Promise<T> {
  if (!partial) return write();
  const before = session.writes;
  try {
    return await write();
  } catch (error) {
    if (session.writes > before) session.refuseCommit(error);
    throw error;
  }
}

export async function insertChangeset(
  session: Session,
  changeset: Cs,
  options: StoreOptions = raise,
): Promise<Values> {
  const current = await prepared(session, changeset, "insert");
  const info = schemaOfRecord(current.data);
  const relations = writesOfRelations(current);
  return whole(session, hasRelations(relations), async () => {
    const { keys, records } = await writeParents(session, relations);
    const values = { ...current.data, ...changedValues(current), ...keys };
    const { record } = await storeNew(session, info, newRecord(info, values, current), current, options);
    Object.assign(record, records);
    await writeChildren(session, info, record, relations);
    return record;
  });
}

export async function updateChangeset(session: Session, changeset: Cs): Promise<Values> {
  const current = await prepared(session, changeset, "update");
  const info = schemaOfRecord(current.data);
  const relations = writesOfRelations(current);
  if (Object.keys(current.changes).length === 0) return current.data;
  return whole(session, hasRelations(relations), async () => {
    const { keys, records } = await writeParents(session, relations);
    const changes = { ...changedValues(current), ...keys };
    const only = Object.keys(changes).length === 0;
    const record = only ? current.applyChanges() : await storeChanges(session, info, current, changes);
    Object.assign(record, records);
    await writeChildren(session, info, record, relations);
    return record;
  });
}

export async function deleteChangeset(session: Session, changeset: Cs): Promise<Values> {
  const current = await prepared(session, changeset, "delete");
  return removeRecord(session, schemaOfRecord(current.data), current.data, current);
}

/** Writes a changeset by its action; without one, new records are inserted and stored ones updated. */
export async function writeChangeset(session: Session, changeset: Cs): Promise<Values> {
  checkTenant(session, tenantOf(changeset.data));
  const stored = getMeta(changeset.data)?.state === "loaded";
  const action = changeset.action ?? (stored ? "update" : "insert");
  if (action === "delete") return deleteChangeset(session, changeset);
  return action === "insert" ? insertChangeset(session, changeset) : updateChangeset(session, changeset);
}

/** A changeset over trusted values of a record. */
export const changesetOf = (record: object): Cs => change(record as Values) as unknown as Cs;
