/** The fields of the primary key: the partition, if there is one, before the id. */

import type { SchemaInfo } from "../../schema/index.js";

export function keyFields(info: SchemaInfo | undefined): readonly string[] {
  if (info === undefined) return ["id"];
  const id = info.primaryKey.name;
  return info.partitionBy === undefined ? [id] : [info.partitionBy.name, id];
}
