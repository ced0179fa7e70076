/** Inspections as JSON, for pages and command lines. */

import type { Inspection } from "./inspection.js";

/** A value as JSON carries it: versions are text. */
type AsJson<T> = T extends bigint ? string : T extends object ? { readonly [K in keyof T]: AsJson<T[K]> } : T;

/** An inspection whose versions are text. */
export type ServedInspection = AsJson<Inspection>;

export const inspectionJson = (inspection: Inspection): string =>
  JSON.stringify(inspection, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
