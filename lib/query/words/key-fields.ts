/** The fields of the primary key in their order, behind the partition, if there is one. */

import type { SchemaInfo } from "../../schema/index.js";

export function keyFields(info: SchemaInfo | undefined): readonly string[] {
  return info === undefined ? ["id"] : info.keyFields.map(({ name }) => name);
}
