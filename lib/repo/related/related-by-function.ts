/** Loads a relation by a function of the application, which is given ids and gives records. */

import { InvalidQueryError } from "../../errors.js";
import type { PreloadFunction } from "../../query/index.js";
import { type AssociationInfo, isSchema, type SchemaClass, schemaOf, showValue } from "../../schema/index.js";
import { type Asked, type Related, type Row, textOf } from "./asked.js";

/** By which field of the records, and of the rows, they belong together. */
interface Meeting {
  readonly own: string;
  /** Undefined where the rows come in pairs with the id of their record. */
  readonly other: string | undefined;
}

function meetingOf({ info }: Asked, association: AssociationInfo): Meeting {
  const { kind, foreignKey, target } = association;
  if (kind === "manyToMany") return { own: info.primaryKey.name, other: undefined };
  if (kind === "belongsTo") return { own: foreignKey, other: target().primaryKey.name };
  return { own: info.primaryKey.name, other: foreignKey };
}

/** The function is called once for all records, with each id once. @throws InvalidQueryError for what are no such records */
export async function relatedByFunction(
  asked: Asked,
  association: AssociationInfo,
  load: PreloadFunction,
): Promise<Related> {
  const { info, records, call } = asked;
  const { own, other } = meetingOf(asked, association);
  const ids = new Map<string, unknown>();
  for (const record of records) {
    const id = record[own] ?? null;
    if (id !== null) ids.set(textOf(info, own, id), id);
  }
  if (ids.size === 0) return new Map();
  const given = await call(load, Object.freeze([...ids.values()]));
  const where = `${info.name}.${association.name}`;
  if (!Array.isArray(given)) {
    throw new InvalidQueryError(
      `The function that ${where} is preloaded by gives a list of records, not ${showValue(given)}.`,
    );
  }
  const byId = new Map<string, Row[]>();
  for (const item of given as readonly unknown[]) {
    const [id, row] = other === undefined ? pairOf(where, item) : [undefined, item];
    requireRecord(where, association, row);
    const key = other === undefined ? id : row[other];
    if (key === null || key === undefined) continue;
    const text = textOf(info, own, key);
    const rows = byId.get(text);
    if (rows === undefined) byId.set(text, [row]);
    else rows.push(row);
  }
  const related = new Map<Row, readonly Row[]>();
  for (const record of records) {
    const id = record[own] ?? null;
    const rows = id === null ? undefined : byId.get(textOf(info, own, id));
    if (rows !== undefined) related.set(record, rows);
  }
  return related;
}

function pairOf(where: string, item: unknown): readonly [unknown, unknown] {
  if (Array.isArray(item) && item.length === 2) return item as unknown as readonly [unknown, unknown];
  throw new InvalidQueryError(
    `${where} is many to many, so the function that it is preloaded by gives pairs of the id that it was given and a record, as ` +
      `[id, record], not ${showValue(item)}: a record alone does not tell what it belongs to.`,
  );
}

function requireRecord(where: string, { target }: AssociationInfo, row: unknown): asserts row is Row {
  const schema: unknown = typeof row === "object" && row !== null ? row.constructor : undefined;
  if (isSchema(schema) && schemaOf(schema as SchemaClass).source === target().source) return;
  throw new InvalidQueryError(
    `The function that ${where} is preloaded by gives records of ${target().name}, and ${showValue(row)} is none.`,
  );
}
