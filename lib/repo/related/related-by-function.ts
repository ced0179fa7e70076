/** Loads a relation by a function of the application, which is given ids and gives records. */

import { InvalidQueryError } from "../../errors.js";
import type { PreloadFunction } from "../../query/index.js";
import {
  type AssociationInfo,
  isSchema,
  keyValues,
  type SchemaClass,
  schemaOf,
  showValue,
} from "../../schema/index.js";
import type { Asked, Related, Row } from "./asked.js";
import { textOfKey } from "./held-by.js";

/** By which fields of the records, and of the rows, they belong together. */
interface Meeting {
  readonly own: readonly string[];
  /** Undefined where the rows come in pairs with the id of their record. */
  readonly other: readonly string[] | undefined;
  /** The names of a composite id, as `repo.get` takes it. */
  readonly names: readonly string[];
}

function meetingOf(association: AssociationInfo): Meeting {
  if (association.kind === "manyToMany") {
    const { references } = association.join().owner;
    return { own: references, other: undefined, names: references };
  }
  const { kind, foreignKeys } = association;
  // A query has refused a function for a way through others before.
  const references = association.through === undefined ? association.references() : [];
  if (kind === "belongsTo") return { own: foreignKeys, other: references, names: references };
  return { own: references, other: foreignKeys, names: references };
}

/** The function is called once for all records, with each id once. @throws InvalidQueryError for what are no such records */
export async function relatedByFunction(
  asked: Asked,
  association: AssociationInfo,
  load: PreloadFunction,
): Promise<Related> {
  const { info, records, call } = asked;
  const { own, other, names } = meetingOf(association);
  const ids = new Map<string, unknown>();
  for (const record of records) {
    const key = keyValues(record, own);
    if (key !== null) ids.set(textOfKey(info, own, key), idOf(names, key));
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
    const key = other === undefined ? keyOf(names, id) : keyValues(row, other);
    if (key === null) continue;
    const text = textOfKey(info, own, key);
    const rows = byId.get(text);
    if (rows === undefined) byId.set(text, [row]);
    else rows.push(row);
  }
  const related = new Map<Row, readonly Row[]>();
  for (const record of records) {
    const key = keyValues(record, own);
    const rows = key === null ? undefined : byId.get(textOfKey(info, own, key));
    if (rows !== undefined) related.set(record, rows);
  }
  return related;
}

/** As `repo.get` takes it: the value, or the values by name. */
const idOf = (names: readonly string[], key: readonly unknown[]): unknown =>
  names.length === 1 ? key[0] : Object.freeze(Object.fromEntries(names.map((name, at) => [name, key[at]])));

function keyOf(names: readonly string[], id: unknown): readonly unknown[] | null {
  if (names.length === 1) return id === null || id === undefined ? null : [id];
  return typeof id === "object" && id !== null ? keyValues(id as Row, names) : null;
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
