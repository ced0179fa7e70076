/** Tells in which schema, and in which field, the key of a record is held for one of its relations. */

import type { AssociationInfo, SchemaInfo } from "../../schema/index.js";

export interface Holder {
  readonly schema: SchemaInfo;
  readonly foreignKey: string;
}

/** Undefined where the record itself holds the key, or where the relation goes through others. */
export function holderOf(association: AssociationInfo): Holder | undefined {
  if (association.kind === "manyToMany") {
    const { schema, ownerKey } = association.join();
    return { schema, foreignKey: ownerKey };
  }
  if (association.kind === "belongsTo" || association.foreignKey === undefined) return undefined;
  return { schema: association.target(), foreignKey: association.foreignKey };
}
