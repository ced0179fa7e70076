/** Gives the present as a field keeps it, for timestamps that are not set. */

import type { SchemaInfo } from "../../schema/index.js";

export function now(info: SchemaInfo, field: string): unknown {
  const result = info.field(field).type.cast(new Date());
  return result.ok ? result.value : new Date();
}
