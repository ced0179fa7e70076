/** Loads the records of a many-to-many relation: the joins of each record, and what they lead to. */

import { layoutOf } from "../../layer/index.js";
import type { JoinInfo, ManyToManyAssociation, SchemaInfo } from "../../schema/index.js";
import type { Asked, Related, Row } from "./asked.js";
import { distinctRows } from "./distinct-rows.js";
import { relatedChildren } from "./related-children.js";
import { relatedParents } from "./related-parents.js";

/** In the order of the joins; a record that is joined twice is there once, one that is gone is left out. */
export async function relatedJoined(asked: Asked, association: ManyToManyAssociation): Promise<Related> {
  const { info, records } = asked;
  const target = association.target();
  const { schema, ownerKey, targetKey } = association.join();
  const joins = await relatedChildren(asked, schema, ownerKey, fieldsOf({ schema, ownerKey, targetKey }));
  const found = await relatedParents(
    { ...asked, info: schema, records: [...new Set([...joins.values()].flat())] },
    target,
    { foreignKey: targetKey, relation: `${info.name}.${association.name}` },
  );
  const related = new Map<Row, readonly Row[]>();
  for (const record of records) {
    const rows = (joins.get(record) ?? []).flatMap((join) => found.get(join) ?? []);
    related.set(record, distinctRows(target, rows));
  }
  return related;
}

const fieldsOf = ({ schema, ownerKey, targetKey }: JoinInfo): readonly string[] => [
  ...new Set([...keyNames(schema), ownerKey, targetKey]),
];

const keyNames = (schema: SchemaInfo): readonly string[] =>
  layoutOf(schema).keyFields.map(({ name }) => name);
