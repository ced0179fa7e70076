/** Ends the build of a unique index when a writer has met two records with one value. */

import { UniqueBuildError } from "../../errors.js";
import { decodeMeta, type LayerContext, type MaintainedIndex, metaKeys } from "../../layer/index.js";

/** @throws UniqueBuildError naming the two records */
export async function refuseDuplicates(
  ctx: LayerContext,
  indexes: readonly Pick<MaintainedIndex, "info">[],
): Promise<void> {
  const unique = indexes.filter((index) => index.info.unique);
  const found = await Promise.all(
    unique.map(({ info }) => ctx.tx.get(metaKeys.duplicate(ctx.tenant, info.source, info.name))),
  );
  unique.forEach(({ info }, i) => {
    const bytes = found[i];
    if (bytes === undefined) return;
    const [first, second] = decodeMeta(bytes) as unknown as [readonly unknown[], readonly unknown[]];
    throw new UniqueBuildError(info.source, info.name, info.fields, [first, second]);
  });
}
