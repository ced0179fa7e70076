/** Tells which fields of a source stand with their old and new values in its log. */

import { layoutOf, type SourceMetadata } from "../../layer/index.js";
import { rootOf } from "../../query/index.js";
import type { SchemaInfo } from "../../schema/index.js";

/** The fields of the primary key and of every index. */
export function loggedFields(info: SchemaInfo, metadata: SourceMetadata): ReadonlySet<string> {
  const fields = new Set(
    layoutOf(info)
      .keyFields.filter((field) => field.fromKey)
      .map((field) => field.name),
  );
  for (const index of metadata.indexes) {
    for (const field of index.fields) fields.add(field).add(rootOf(info, field));
  }
  return fields;
}
