/** Writes the lines of an export into a tenant, batch after batch. */

import { type Engine, transact } from "../../engine/index.js";
import { ImportError, PlinthError } from "../../errors.js";
import { createContext, type LayerContext, MetadataCache, metaKeys, readIndexes } from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import type { KeyLine } from "./format.js";
import { applicationKeyOf, type NumberedRow, rowAt } from "./line-content.js";
import { type ImportedRow, RowTarget } from "./row-target.js";
import { bytesOf } from "./value-json.js";
import type { NumberedLine } from "./verified-lines.js";
import { writeRow } from "./write-row.js";

/** One transaction writes at most this much of the file; indexes and the log come on top, FoundationDB takes 10 MB. */
const BATCH_CHARS = 500_000;
const BATCH_ROWS = 500;

export interface ImportOptions {
  readonly schemas: ReadonlyMap<string, SchemaInfo>;
  readonly signal: AbortSignal;
  readonly onProgress: (rows: number) => void;
}

export interface ImportSummary {
  /** Records in the file. */
  readonly rows: number;
  /** Records that had to be written: all, unless the import ran before. */
  readonly written: number;
  readonly keys: number;
}

interface Batch {
  readonly rows: NumberedRow[];
  readonly keys: KeyLine[];
  chars: number;
}

/**
 * Writes the lines of an export into a tenant, a transaction for each batch, through the layer's own writer: the
 * tenant's indexes, counters and log follow. It may run again after an interruption.
 *
 * @throws ImportError that names the line; batches before it are written
 */
export async function importTenant(
  engine: Engine,
  tenant: Tenant,
  lines: AsyncIterable<NumberedLine>,
  options: ImportOptions,
): Promise<ImportSummary> {
  const target = new RowTarget(
    await transact(engine, (tx) => readIndexes(tx, tenant, metaKeys.allIndexes(tenant))),
    options.schemas,
  );
  const metadata = new MetadataCache();
  const total = { rows: 0, written: 0, keys: 0 };
  let batch: Batch = { rows: [], keys: [], chars: 0 };
  const flush = async (): Promise<void> => {
    const full = batch;
    batch = { rows: [], keys: [], chars: 0 };
    if (full.rows.length + full.keys.length === 0) return;
    total.written += await writeBatch(engine, tenant, metadata, full, options.signal);
    total.rows += full.rows.length;
    total.keys += full.keys.length;
    options.onProgress(total.rows);
  };
  for await (const { kind, line, at, size } of lines) {
    if (kind === "header") continue;
    if (kind === "key") batch.keys.push(line);
    else batch.rows.push(rowAt(target, line, at));
    batch.chars += size;
    if (batch.chars >= BATCH_CHARS || batch.rows.length >= BATCH_ROWS) await flush();
  }
  await flush();
  return total;
}

async function writeBatch(
  engine: Engine,
  tenant: Tenant,
  metadata: MetadataCache,
  batch: Batch,
  signal: AbortSignal,
): Promise<number> {
  return transact(
    engine,
    async (tx) => {
      const ctx = createContext(tx, tenant, metadata);
      const written = await Promise.all(batch.rows.map((row) => writeNumbered(ctx, row)));
      for (const { key, value } of batch.keys) tx.set(applicationKey(tenant, key), bytesOf(value));
      return written.filter(Boolean).length;
    },
    { signal },
  );
}

/** What the store refuses is said with the line and the record; the engine's own errors go to the retry loop. */
async function writeNumbered(ctx: LayerContext, { at, row }: NumberedRow): Promise<boolean> {
  try {
    return await writeRow(ctx, row);
  } catch (error) {
    if (!(error instanceof PlinthError)) throw error;
    throw new ImportError(`Line ${at} (${nameOf(row)}): ${error.message}`, { cause: error });
  }
}

const nameOf = ({ info, pk }: ImportedRow): string => `${info.source} ${pk.map(String).join(", ")}`;

const applicationKey = (tenant: Tenant, key: string): Uint8Array =>
  Buffer.concat([tenant.prefix, applicationKeyOf(key)]);
