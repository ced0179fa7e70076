import { InvalidOptionsError } from "../../errors.js";
import { buildRecord, getMeta, type SchemaInfo, showValue } from "../../schema/index.js";
import type { Session } from "../transaction/index.js";
import { type StoreOptions, storeNew } from "./insert-record.js";
import { newRecord, type Values } from "./write-values.js";

const raise: StoreOptions = { onConflict: "raise", blind: false };

/** Records given in place of relations, and of theirs if they are new, by which the tenant is known. */
export function relatedRecords(
  info: SchemaInfo,
  given: Readonly<Values>,
  known: Set<object> = new Set(),
): readonly object[] {
  for (const { name, kind, target } of info.associations) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined || value === null) continue;
    const rows: unknown = kind === "hasMany" ? value : [value];
    if (!Array.isArray(rows) || !rows.every((row) => typeof row === "object" && row !== null)) {
      const wanted = kind === "hasMany" ? "a list of related records" : "a related record";
      throw new InvalidOptionsError(`${info.name}.${name} takes ${wanted}, not ${showValue(value)}.`);
    }
    for (const row of rows as Values[]) {
      if (known.has(row)) continue;
      known.add(row);
      if (!isStored(row)) relatedRecords(target(), row, known);
    }
  }
  return [...known];
}

const isStored = (record: object) => getMeta(record)?.state === "loaded";

async function insertParents(session: Session, info: SchemaInfo, given: Readonly<Values>): Promise<Values> {
  const keys: Values = {};
  for (const { name, kind, target, foreignKey } of info.associations) {
    if (kind !== "belongsTo" || !Object.hasOwn(given, name) || given[name] === null) continue;
    const parent = given[name] as Values;
    if (isStored(parent)) continue;
    const stored = await storeNew(
      session,
      target(),
      newRecord(target(), asRecord(target(), parent)),
      undefined,
      raise,
    );
    keys[foreignKey] = (stored.record as Values)[target().primaryKey.name];
  }
  return keys;
}

const asRecord = (info: SchemaInfo, given: object): Values =>
  (given instanceof info.schema ? given : buildRecord(info, given as Values)) as Values;

async function insertChildren(
  session: Session,
  info: SchemaInfo,
  given: Readonly<Values>,
  owner: Values,
): Promise<void> {
  for (const { name, kind, target, foreignKey } of info.associations) {
    if (kind === "belongsTo" || !Object.hasOwn(given, name) || given[name] === null) continue;
    const children = kind === "hasMany" ? (given[name] as object[]) : [given[name] as object];
    const rows: Values[] = [];
    for (const child of children) {
      if (isStored(child)) {
        throw new InvalidOptionsError(
          `${info.name}.${name} holds a record that is stored already; an insert takes new ones. ` +
            `Link it by an update of its ${foreignKey}.`,
        );
      }
      const values = { ...asRecord(target(), child), [foreignKey]: owner[info.primaryKey.name] };
      rows.push(
        (await storeNew(session, target(), newRecord(target(), values), undefined, raise)).record as Values,
      );
    }
    owner[name] = kind === "hasMany" ? rows : (rows[0] ?? null);
  }
}

/** Inserts a record together with the new records given for its relations. */
export async function insertRelated(
  session: Session,
  info: SchemaInfo<Values>,
  given: Readonly<Values>,
  record: Values,
  options: StoreOptions,
): Promise<Values> {
  const before = session.writes;
  try {
    const keys = await insertParents(session, info, given);
    const stored = await storeNew(session, info, newRecord(info, { ...record, ...keys }), undefined, options);
    await insertChildren(session, info, given, stored.record);
    return stored.record;
  } catch (error) {
    if (session.writes > before) session.refuseCommit(error);
    throw error;
  }
}
