/** Tells in which schema, and in which fields, the key of a record is held for one of its relations. */

import type { AssociationInfo, HeldKey, SchemaInfo } from "../../schema/index.js";

export interface Holder extends HeldKey {
  readonly schema: SchemaInfo;
}

/** Undefined where the record itself holds the key, or where the relation goes through others. */
export function holderOf(association: AssociationInfo): Holder | undefined {
  if (association.kind === "manyToMany") {
    const { schema, owner } = association.join();
    return { schema, ...owner };
  }
  if (association.kind === "belongsTo" || association.foreignKey === undefined) return undefined;
  const { foreignKeys } = association;
  return { schema: association.target(), foreignKeys, references: association.references() };
}
