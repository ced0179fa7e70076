/** Writes an imported record through the layer's own writer, unless an equal one is stored already. */

import { equalBytes } from "../../engine/index.js";
import {
  deleteRecord,
  encodeRecord,
  insertRecord,
  type LayerContext,
  type UnknownFields,
} from "../../layer/index.js";
import { getMeta } from "../../schema/index.js";
import type { ImportedRow } from "./row-target.js";

/**
 * Index entries follow. A different record with the same key is replaced; that an equal one is left alone lets an
 * import run twice.
 *
 * @returns whether anything was written
 */
export async function writeRow(
  ctx: LayerContext,
  { info, pk, record, unknown }: ImportedRow,
): Promise<boolean> {
  const outcome = await insertRecord(ctx, info, record, { conflict: "return", unknown });
  if (outcome.inserted) return true;
  const { existing } = outcome;
  const kept = getMeta(existing)?.unknownFields as UnknownFields | undefined;
  if (equalBytes(encodeRecord(info, existing, sorted(kept)), encodeRecord(info, record, sorted(unknown))))
    return false;
  await deleteRecord(ctx, info, pk);
  await insertRecord(ctx, info, record, { unknown });
  return true;
}

/** The order of fields in a body says nothing. */
function sorted(fields: UnknownFields | undefined): UnknownFields | undefined {
  if (fields === undefined || fields.size === 0) return undefined;
  return new Map([...fields].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
}
