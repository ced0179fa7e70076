/** Checks relations against their related schemas as soon as both are defined, whichever comes last. */

import type { SchemaClass } from "./brands.js";
import { definitionOf } from "./registry.js";
import { isSchema, schemaOf } from "./schema-of.js";

interface Waiting {
  readonly target: () => SchemaClass;
  readonly check: () => unknown;
}

/** Relations whose related class is not complete yet, or not even there. */
let waiting: readonly Waiting[] = [];

/** @throws SchemaError about a relation of this class, or one to it */
export function checkWhenDefined(schema: SchemaClass): void {
  const info = schemaOf(schema);
  const own: Waiting[] = [];
  for (const property of definitionOf(schema)?.properties.values() ?? []) {
    if (property.is !== "association" || property.onDelete !== "nilifyAll") continue;
    own.push({ target: property.target, check: info.association(property.name).target });
  }
  const all = [...waiting, ...own];
  waiting = all.filter(({ target }) => !isDefined(target));
  for (const one of all) if (!waiting.includes(one)) one.check();
}

function isDefined(target: () => SchemaClass): boolean {
  try {
    return isSchema(target());
  } catch {
    // The class is declared further down, or in a module that is still being loaded.
    return false;
  }
}
