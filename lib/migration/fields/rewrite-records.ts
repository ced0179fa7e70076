/** Changes the records of a source in many transactions beside writers, and resumes after an interruption. */

import { transact } from "../../engine/index.js";
import { ReadOnlyRepoError } from "../../errors.js";
import {
  afterRow,
  createContext,
  decodeBody,
  decodeMeta,
  encodeMeta,
  type LayerContext,
  layoutOf,
  metaKeys,
  pkOfDataKey,
  readRawRows,
  type StoredKey,
  sourceKeys,
  type UnknownFields,
  type UpdateOptions,
  updateRecord,
} from "../../layer/index.js";
import type { SchemaInfo, StoredValue } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import type { MigrationHost } from "../run/index.js";

/** Options of `copyField`, `renameField` and `deleteField`. */
export interface FieldOperationOptions {
  /** Bytes of records for each transaction, default 500,000. */
  readonly stepBytes?: number;
  /** Told after each transaction. Default: nobody is. */
  readonly onProgress?: (progress: FieldOperationResult) => void;
  /**
   * Ends the work between two transactions: the call rejects with its reason, and the same call goes on later. Default:
   * none.
   */
  readonly signal?: AbortSignal;
}

/** What a field operation has done. */
export interface FieldOperationResult {
  /** Records that were looked at. */
  readonly rows: number;
  /** Records that were changed. */
  readonly changed: number;
}

interface Rewrite {
  readonly info: SchemaInfo;
  readonly name: string;
  /** What to do with a record; undefined when nothing. */
  plan(row: { values(key: StoredKey): StoredValue; unknown: UnknownFields }): Change | undefined;
}

interface Change extends UpdateOptions {
  readonly record: (record: Record<string, unknown>) => Record<string, unknown>;
}

export async function rewriteAll(
  host: MigrationHost,
  tenant: Tenant,
  options: FieldOperationOptions = {},
  rewrite: Rewrite,
): Promise<FieldOperationResult> {
  if (host.readOnly === true) {
    throw new ReadOnlyRepoError(
      "A field operation writes, and the Repo only reads: it was made with { readOnly: true }. Use another one.",
    );
  }
  const engine = await host.engine();
  for (;;) {
    options.signal?.throwIfAborted();
    const { done, ...result } = await transact(engine, (tx) =>
      rewriteStep(createContext(tx, tenant, host.metadata), rewrite, options.stepBytes ?? 500_000),
    );
    options.onProgress?.(result);
    if (done) return result;
  }
}

interface Job extends FieldOperationResult {
  readonly cursor: Uint8Array;
}

/** One transaction: reads where the job is, changes the next records, and notes how far it came. */
async function rewriteStep(
  ctx: LayerContext,
  { info, name, plan }: Rewrite,
  stepBytes: number,
): Promise<FieldOperationResult & { readonly done: boolean }> {
  const layout = layoutOf(info);
  const { data, dataRange } = sourceKeys(ctx.tenant, info.source);
  const jobKey = metaKeys.job(ctx.tenant, `${info.source} ${name}`);
  const job = decodeJob(await ctx.tx.get(jobKey));
  const begin = job.cursor.length === 0 ? dataRange.begin : Buffer.concat([data, job.cursor]);
  let { rows, changed } = job;
  let cursor: Uint8Array | undefined;
  const range = { begin, end: dataRange.end };
  const before = rows;
  for await (const batch of readRawRows(ctx, range, { snapshot: true, byteLimit: stepBytes })) {
    for (const raw of batch) {
      rows++;
      cursor = afterRow(raw.key).subarray(data.length);
      const { values, unknown = new Map() } = decodeBody(layout, raw.body);
      const change = plan({ values: (key) => values[layout.positionOf(key)] ?? null, unknown });
      if (change === undefined) continue;
      const options: UpdateOptions = change.unknown === undefined ? {} : { unknown: change.unknown };
      const outcome = await updateRecord<Record<string, unknown>>(
        ctx,
        info,
        pkOfDataKey(ctx, layout, raw.key),
        change.record,
        options,
      );
      if (outcome !== null && (change.unknown !== undefined || outcome.changed.length > 0)) changed++;
    }
  }
  const done = rows === before;
  if (done) ctx.tx.clear(jobKey);
  else ctx.tx.set(jobKey, encodeMeta({ rows, changed, cursor: cursor ?? job.cursor }));
  return { rows, changed, done };
}

function decodeJob(bytes: Uint8Array | undefined): Job {
  if (bytes === undefined) return { rows: 0, changed: 0, cursor: new Uint8Array(0) };
  return decodeMeta(bytes) as unknown as Job;
}
