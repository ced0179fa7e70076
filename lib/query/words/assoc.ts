/** The query of the records that some records are related to. */

import { InvalidOptionsError, UnsupportedQueryError } from "../../errors.js";
import {
  type AssocKey,
  type AssocTarget,
  isSchema,
  keyValues,
  type SchemaClass,
  type SchemaInfo,
  schemaOf,
  showValue,
} from "../../schema/index.js";
import { withWhere } from "./parse-where.js";
import { astOf, type Query, queryOf } from "./query.js";

/**
 * The related records of one record, or of several, as a query: with conditions, orders and limits of its own, for `all`,
 * `count`, `updateAll`, live queries and the rest. It holds the conditions of the relation (`where`).
 *
 * @param records one record, or several of one schema; a list's query finds each related record once
 * @example await repo.all(assoc(product, "reviews").where({ score: 5 }).limit(3), { tenant })
 * @throws UnknownFieldError for what is no relation, UnsupportedQueryError for one through other records
 * @throws InvalidOptionsError for what are no records of one schema
 */
export function assoc<T extends object, const K extends AssocKey<T>>(
  records: T | readonly T[],
  name: K,
): Query<AssocTarget<T[K]>> {
  const list: readonly object[] = Array.isArray(records) ? records : [records as object];
  const info = schemaOfAll(list, name);
  const association = info.association(name);
  const { kind, target, where } = association;
  if (association.foreignKey === undefined) {
    throw new UnsupportedQueryError(
      `${info.name}.${name} goes through other records, so no single query finds its records. ` +
        `Preload it: repo.preload(records, { ${name}: from(${target().name}) }); or query the records in between.`,
    );
  }
  const { foreignKeys } = association;
  const references = association.references();
  const [own, others] = kind === "belongsTo" ? [foreignKeys, references] : [references, foreignKeys];
  const keys = list.flatMap((record) => {
    const key = keyValues(record as Record<string, unknown>, own);
    return key === null ? [] : [key];
  });
  const all = astOf(target().schema);
  const held = withWhere(all, heldBy(others, keys, !Array.isArray(records)));
  const ast = where === undefined ? all : withWhere(all, where);
  return queryOf(
    Object.freeze({ ...ast, where: [...held.where, ...ast.where], or: [...held.or, ...ast.or] }),
  );
}

/** A record without a key has no related ones; that is a query as well. */
function heldBy(
  fields: readonly string[],
  keys: readonly (readonly unknown[])[],
  single: boolean,
): Readonly<Record<string, unknown>> {
  const byName = (key: readonly unknown[]) =>
    Object.fromEntries(fields.map((field, at) => [field, { eq: key[at] }]));
  const [first] = keys;
  if (single && first !== undefined) return byName(first);
  const [field = "", ...more] = fields;
  if (more.length === 0) return { [field]: { in: keys.map(([value]) => value) } };
  return { or: keys.map(byName) };
}

function schemaOfAll(records: readonly object[], name: string): SchemaInfo {
  const [first] = records;
  if (first === undefined) {
    throw new InvalidOptionsError(
      `assoc([], "${name}") has no record to tell the schema. Leave the query out when there are none.`,
    );
  }
  for (const record of records) {
    const schema: unknown = typeof record === "object" && record !== null ? record.constructor : undefined;
    if (isSchema(schema) && schema === first.constructor) continue;
    throw new InvalidOptionsError(
      `assoc(records, "${name}") takes a record of a schema, or a list of records of one; ${showValue(record)} is among them.`,
    );
  }
  return schemaOf(first.constructor as unknown as SchemaClass<object>);
}
