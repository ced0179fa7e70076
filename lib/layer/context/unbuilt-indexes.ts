/** Says which registered index a refused request misses: one that is being built, or whose build has failed. */

import type { LayerContext } from "./layer-context.js";
import { metadataOf } from "./metadata-of.js";

/**
 * A sentence for each index of the source that begins with one of the fields and cannot be used yet, to be put behind
 * the message of a refusal; empty when there is none.
 */
export async function unbuiltIndexes(
  ctx: LayerContext,
  source: string,
  fields: readonly string[],
): Promise<string> {
  const { indexes, failed } = await metadataOf(ctx, source);
  const building = indexes
    .filter(({ state }) => state === "writeOnly")
    .map(({ name, fields: own }) => ({
      name,
      fields: own,
      why: "is still being built; `plinth status` shows how far it is",
    }));
  const broken = failed.map(({ name, fields: own, duplicates: [pair] }) => ({
    name,
    fields: own,
    why:
      `could not be built, because records have the same values${pair === undefined ? "" : ` (${pair.map(String).join(" and ")})`}: ` +
      "`plinth status` lists them. Make their values differ, then run `plinth migrate --retry`",
  }));
  return [...building, ...broken]
    .filter(({ fields: [first] }) => first !== undefined && fields.includes(first))
    .map(
      ({ name, fields: own, why }) =>
        ` This tenant's index "${name}" on [${own.map((field) => `"${field}"`).join(", ")}] ${why}.`,
    )
    .join("");
}
