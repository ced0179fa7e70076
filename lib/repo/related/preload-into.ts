/** Loads the relations of records and sets them on the records; all relations of one level are read at once. */

import type { LayerContext } from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { Row } from "./asked.js";
import { loadRelated } from "./load-related.js";

/** `["reviews.author", "reviews"]` as relations, each with the paths below it. */
function firstSteps(paths: readonly string[]): Map<string, string[]> {
  const steps = new Map<string, string[]>();
  for (const path of paths) {
    const [name = "", ...rest] = path.split(".");
    const below = steps.get(name) ?? [];
    if (rest.length > 0) below.push(rest.join("."));
    steps.set(name, below);
  }
  return steps;
}

/** @param paths relations, and relations of those behind a dot */
export async function preloadInto(
  layer: LayerContext,
  info: SchemaInfo,
  records: readonly object[],
  paths: readonly string[],
  snapshot: boolean,
): Promise<void> {
  if (records.length === 0) return;
  const owners = records as readonly Row[];
  const levels = [...firstSteps(paths)].map(async ([name, below]) => {
    const association = info.association(name);
    const related = await loadRelated({ layer, info, records: owners, snapshot }, association);
    for (const record of owners) {
      const rows = related.get(record) ?? [];
      record[name] = association.cardinality === "many" ? [...rows] : (rows[0] ?? null);
    }
    if (below.length === 0) return;
    const shown = owners.flatMap((record) => record[name] ?? []) as Row[];
    await preloadInto(layer, association.target(), [...new Set(shown)], below, snapshot);
  });
  await Promise.all(levels);
}
