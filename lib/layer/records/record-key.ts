/** Makes the key of a record in the store, and takes its key items out of it again. */

import type { SchemaInfo } from "../../schema/index.js";
import { pack, type TupleItem, unpack } from "../../tuple/index.js";
import type { RecordLayout } from "../codec/index.js";
import type { LayerContext } from "../context/index.js";
import { type Bytes, sourceKeys } from "../keys/index.js";

/** The key of a record; watch it to learn of every change, chunked records included. */
export function dataKey(
  ctx: Pick<LayerContext, "tenant">,
  info: SchemaInfo,
  pk: readonly TupleItem[],
): Bytes {
  return pack(pk, sourceKeys(ctx.tenant, info.source).data);
}

/** The key items of a record from its key. */
export function pkOfDataKey(
  ctx: Pick<LayerContext, "tenant">,
  layout: RecordLayout,
  key: Bytes,
): TupleItem[] {
  return unpack(key, sourceKeys(ctx.tenant, layout.info.source).data.length);
}
