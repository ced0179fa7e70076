/** Reads rows of a source without knowing its schema, as plain objects. */

import {
  decodeMap,
  type KeyRange,
  type LayerContext,
  readRawRows,
  sourceKeys,
  toStored,
} from "../../layer/index.js";
import { pack, type TupleItem, unpack } from "../../tuple/index.js";
import type { FoundRow } from "./found-row.js";

/** A row of a source without a schema: its stored fields, and `id` from the key. */
function plainRow(source: string, position: Uint8Array, body: Uint8Array): object {
  const stored = [...decodeMap(source, body)].map(([key, value]) => [String(key), toStored(value)] as const);
  // Entries, not assignments: a field may be stored as "__proto__".
  return Object.fromEntries([["id", unpack(position).at(-1)], ...stored]);
}

interface PlainOptions {
  readonly snapshot: boolean;
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** The rows of a key range of a source, without knowing its schema. */
export async function* readPlainRows(
  ctx: LayerContext,
  source: string,
  range: KeyRange,
  options: PlainOptions,
): AsyncGenerator<FoundRow> {
  const { length } = sourceKeys(ctx.tenant, source).data;
  for await (const rows of readRawRows(ctx, range, options)) {
    for (const { key, body } of rows) {
      const position = key.subarray(length);
      yield { record: plainRow(source, position, body), position };
    }
  }
}

/** One row of a source by its key items; `null` when there is none. */
export async function readPlainRow(
  ctx: LayerContext,
  source: string,
  pk: readonly TupleItem[],
  snapshot: boolean,
): Promise<object | null> {
  const begin = pack(pk, sourceKeys(ctx.tenant, source).data);
  const end = Buffer.concat([begin, Buffer.of(0xff)]);
  for await (const { record } of readPlainRows(ctx, source, { begin, end }, { snapshot, limit: 1 }))
    return record;
  return null;
}
