/** Loads the records of a many-to-many relation: the joins of each record, and what they lead to. */

import { layoutOf } from "../../layer/index.js";
import { emptyAst, matches, type QueryAst, withWhere } from "../../query/index.js";
import type { JoinInfo, ManyToManyAssociation, SchemaInfo } from "../../schema/index.js";
import type { Asked, Related, Row } from "./asked.js";
import { distinctRows } from "./distinct-rows.js";
import { narrow, reorders, requireBounded } from "./narrow.js";
import { relatedChildren } from "./related-children.js";
import { relatedParents } from "./related-parents.js";

/** In the order of the joins; a record that is joined twice is there once, one that is gone is left out. */
export async function relatedJoined(asked: Asked, association: ManyToManyAssociation): Promise<Related> {
  const { info, records, query } = asked;
  const relation = `${info.name}.${association.name}`;
  requireBounded(relation, query);
  const target = association.target();
  const join = association.join();
  const { schema } = join;
  const joins = await relatedChildren(
    { ...asked, query: joinQuery(asked, association) },
    schema,
    join.owner,
    fieldsOf(join),
  );
  // An order needs all of them; without one, no more are read than it takes to fill the limit.
  const limit = query === undefined || reorders(query) ? undefined : query.limit;
  const places = records.map((record) => ({
    record,
    joins: joins.get(record) ?? [],
    at: 0,
    rows: [] as Row[],
  }));
  for (;;) {
    const turn = places.map((place) => {
      const end = limit === undefined ? place.joins.length : place.at + limit - place.rows.length;
      return place.joins.slice(place.at, end);
    });
    const wanted = [...new Set(turn.flat())];
    if (wanted.length === 0) break;
    const found = await relatedParents(
      { ...asked, query: undefined, info: schema, records: wanted },
      target,
      {
        ...join.target,
        relation,
      },
    );
    for (const [i, place] of places.entries()) {
      const rows = turn[i]!.flatMap((join) => found.get(join) ?? []).filter(
        (row) => query === undefined || matches(query, row),
      );
      place.rows = distinctRows(target, [...place.rows, ...rows]);
      place.at += turn[i]!.length;
    }
  }
  return new Map(places.map(({ record, rows }) => [record, narrow(rows, query)]));
}

/** Which of the joins count. */
function joinQuery({ prepare }: Asked, association: ManyToManyAssociation): QueryAst | undefined {
  const { schema, where } = association.join();
  if (where === undefined && prepare === undefined) return undefined;
  const all = emptyAst(schema.source, schema);
  const ast = where === undefined ? all : withWhere(all, where);
  return prepare?.(ast) ?? ast;
}

const fieldsOf = ({ schema, owner, target }: JoinInfo): readonly string[] => [
  ...new Set([...keyNames(schema), ...owner.foreignKeys, ...target.foreignKeys]),
];

const keyNames = (schema: SchemaInfo): readonly string[] =>
  layoutOf(schema).keyFields.map(({ name }) => name);
