/** Loads a relation of some records, of whatever kind it is. */

import type { AssociationInfo } from "../../schema/index.js";
import type { Asked, Related } from "./asked.js";
import { relatedChildren } from "./related-children.js";
import { relatedJoined } from "./related-joined.js";
import { relatedParents } from "./related-parents.js";
import { relatedThrough } from "./related-through.js";
import { relationQuery } from "./relation-query.js";

/** @throws UnsupportedQueryError when no index serves it */
export async function loadRelated(given: Asked, association: AssociationInfo): Promise<Related> {
  const { name, kind } = association;
  const asked: Asked = { ...given, query: relationQuery(given, association) };
  if (kind === "manyToMany") return relatedJoined(asked, association);
  if (association.foreignKey === undefined) return relatedThrough(asked, association, loadRelated);
  const target = association.target();
  const held = { foreignKeys: association.foreignKeys, references: association.references() };
  if (kind !== "belongsTo") return relatedChildren(asked, target, held);
  return relatedParents(asked, target, { ...held, relation: `${asked.info.name}.${name}` });
}
