import { layoutOf, type SourceMetadata } from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";

/** Fields whose old and new values stand in log entries. */
export function loggedFields(info: SchemaInfo, metadata: SourceMetadata): ReadonlySet<string> {
  const fields = new Set(
    layoutOf(info)
      .keyFields.filter((field) => field.fromKey)
      .map((field) => field.name),
  );
  for (const index of metadata.indexes) for (const field of index.fields) fields.add(field);
  return fields;
}
