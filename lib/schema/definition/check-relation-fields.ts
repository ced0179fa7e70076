/** Checks that the options of a relation name fields of the schema that they are about. */

import { SchemaError } from "../../errors.js";
import type { PreloadOrderTerm, SchemaInfo } from "./schema-info.js";
import { suggest } from "./suggest.js";

interface Named {
  readonly where?: Readonly<Record<string, unknown>> | undefined;
  readonly preloadOrder?: readonly PreloadOrderTerm[] | undefined;
  readonly defaults?: unknown;
}

/**
 * @param relation class and property, for messages
 * @throws SchemaError for a name that is no field, no stored field, or one without an order
 */
export function checkRelationFields(
  relation: string,
  related: SchemaInfo,
  { where, preloadOrder, defaults }: Named,
): void {
  for (const name of Object.keys(where ?? {})) {
    if (name === "or" && !related.hasField(name)) continue;
    requireField(relation, related, "where", name);
  }
  for (const { field } of preloadOrder ?? []) {
    requireField(relation, related, "preloadOrder", field);
    if (related.field(field).type.toKey !== undefined) continue;
    throw new SchemaError(
      `${relation} is preloaded in the order of ${related.name}.${field}, which is of type ` +
        `"${related.field(field).type.name}" and has no order.`,
    );
  }
  if (typeof defaults === "function") return;
  for (const name of Object.keys((defaults ?? {}) as object)) {
    if (!related.hasField(name)) throw unknown(relation, related, "defaults", name);
  }
}

function requireField(relation: string, related: SchemaInfo, option: string, name: string): void {
  if (!related.hasField(name)) throw unknown(relation, related, option, name);
  if (!related.field(name).virtual) return;
  throw new SchemaError(
    `${relation}: { ${option} } names ${related.name}.${name}, which is virtual and not stored. Name a stored field.`,
  );
}

const unknown = (relation: string, related: SchemaInfo, option: string, name: string): SchemaError =>
  new SchemaError(
    `${relation}: { ${option} } names ${related.name}.${name}, which is no field of ${related.name}.` +
      suggest(
        name,
        related.allFields.map((field) => field.name),
      ),
  );
