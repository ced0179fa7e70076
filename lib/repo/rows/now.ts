/** Gives the present as a field keeps it, for timestamps that are not set. */

import type { SchemaInfo } from "../../schema/index.js";

/** Tells the time. */
export type Clock = () => Date;

export function now(info: SchemaInfo, field: string, clock: Clock): unknown {
  const time = clock();
  const result = info.field(field).type.cast(time);
  return result.ok ? result.value : time;
}
