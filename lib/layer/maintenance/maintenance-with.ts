/** Finds what a write has to maintain, at no cost when the transaction knows it already. */

import type { RecordLayout } from "../codec/index.js";
import { knownMetadataOf, type LayerContext, metadataOf } from "../context/index.js";
import { type Maintenance, maintenanceOf } from "./maintenance.js";

/** @param pending a read that is under way; should it fail while nobody waits for it, that does no harm */
export async function maintenanceWith(
  ctx: LayerContext,
  layout: RecordLayout,
  pending: Promise<unknown> | undefined,
): Promise<Maintenance> {
  const { source } = layout.info;
  let metadata = knownMetadataOf(ctx, source);
  if (metadata === undefined) {
    // It may fail before anybody waits for it.
    pending?.catch(() => undefined);
    metadata = await metadataOf(ctx, source);
  }
  try {
    return maintenanceOf(ctx.tenant, layout.info, metadata);
  } catch (error) {
    pending?.catch(() => undefined);
    throw error;
  }
}
