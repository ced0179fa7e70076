/** Writes the lines of an export into a tenant, batch after batch. */

import { type Engine, transact } from "../../engine/index.js";
import { ImportError } from "../../errors.js";
import { createContext, MetadataCache, metaKeys, readIndexes } from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import { isReserved, type Tenant } from "../../tenant/index.js";
import { unpack } from "../../tuple/index.js";
import { type KeyLine, parseLine, type RowLine } from "./format.js";
import { type ImportedRow, RowTarget } from "./row-target.js";
import { bytesOf } from "./value-json.js";
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
  readonly rows: ImportedRow[];
  readonly keys: KeyLine[];
  chars: number;
}

/**
 * Writes the lines after the header into a tenant, a transaction for each batch, through the layer's own writer: the
 * tenant's indexes, counters and log follow. It may run again after an interruption.
 *
 * @param lines text lines, the header's excluded
 * @throws ImportError that names the line; batches before it are written
 */
export async function importTenant(
  engine: Engine,
  tenant: Tenant,
  lines: AsyncIterable<string>,
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
  let at = 1;
  let ended = false;
  for await (const text of lines) {
    at++;
    if (text === "") continue;
    if (ended)
      throw new ImportError(`Line ${at} stands behind the end of the export; two files were joined.`);
    const parsed = parseLine(text, at);
    if (parsed.kind === "end") {
      await flush();
      checkEnd(parsed.line.end, total);
      ended = true;
      continue;
    }
    if (parsed.kind === "key") batch.keys.push(parsed.line);
    else batch.rows.push(rowAt(target, parsed.line, at));
    batch.chars += text.length;
    if (batch.chars >= BATCH_CHARS || batch.rows.length >= BATCH_ROWS) await flush();
  }
  if (ended) return total;
  await flush();
  throw new ImportError(
    `The file ends without its last line after ${total.rows} records: it was cut off. Export the tenant again.`,
  );
}

function rowAt(target: RowTarget, line: RowLine, at: number): ImportedRow {
  try {
    return target.rowOf(line);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ImportError(`Line ${at} (${line.source}): ${message}`, { cause: error });
  }
}

function checkEnd(
  end: { readonly rows: number; readonly keys: number },
  total: { rows: number; keys: number },
): void {
  if (end.rows === total.rows && end.keys === total.keys) return;
  throw new ImportError(
    `The export held ${end.rows} records and ${end.keys} keys, the file has ${total.rows} and ${total.keys}: ` +
      "lines are missing or doubled. Export the tenant again.",
  );
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
      const written = await Promise.all(batch.rows.map((row) => writeRow(ctx, row)));
      for (const { key, value } of batch.keys) tx.set(applicationKey(tenant, bytesOf(key)), bytesOf(value));
      return written.filter(Boolean).length;
    },
    { signal },
  );
}

/** Refuses a key that would land among Plinth's own. */
function applicationKey(tenant: Tenant, key: Uint8Array): Uint8Array {
  if (key[0] === 0x01 && isOwn(key)) {
    throw new ImportError(
      `The key ${Buffer.from(key).toString("hex")} belongs to Plinth; the file was changed by hand.`,
    );
  }
  return Buffer.concat([tenant.prefix, key]);
}

function isOwn(key: Uint8Array): boolean {
  try {
    return isReserved(unpack(key)[0]);
  } catch {
    return false;
  }
}
