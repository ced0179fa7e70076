/** Reads an export from its beginning to its end before anything is written: an import begins with a file that is whole. */

import { ImportError } from "../../errors.js";
import { type IndexInfo, UniqueValues } from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import type { HeaderLine } from "./format.js";
import { applicationKeyOf, type NumberedRow, rowAt } from "./line-content.js";
import { indexesOf } from "./line-shapes.js";
import { RowTarget } from "./row-target.js";
import { bytesOf } from "./value-json.js";
import { verifiedLines } from "./verified-lines.js";

export interface CheckedExport {
  readonly header: HeaderLine;
  readonly rows: number;
  readonly keys: number;
}

export interface CheckExportOptions {
  readonly schemas: ReadonlyMap<string, SchemaInfo>;
  /** The tenant whose records go before those of the file are written: what its unique indexes ask is checked, too. */
  readonly replaced?: Tenant | undefined;
  /** What is registered in the tenant that the export goes into, if it has registrations of its own. */
  readonly registered: readonly IndexInfo[] | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (rows: number) => void;
}

/** Records between two turns of others and two notes of progress. */
const EVERY = 1_000;

/** @throws ImportError that names the line; nothing has happened then */
export async function checkExport(
  lines: AsyncIterable<string>,
  { schemas, replaced, registered, signal, onProgress }: CheckExportOptions,
): Promise<CheckedExport> {
  let header: HeaderLine | undefined;
  let target: RowTarget | undefined;
  // What the tenant asks of rows may be more than what was asked where the export was written.
  const unique =
    replaced === undefined || registered === undefined ? undefined : new UniqueValues(replaced, registered);
  const total = { rows: 0, keys: 0 };
  for await (const { kind, line, at } of verifiedLines(lines)) {
    if (kind === "header") {
      header = line;
      target = new RowTarget(registered ?? indexesOf(line), schemas);
    } else if (kind === "key") {
      checkKey(line, at);
      total.keys++;
    } else {
      const row = rowAt(target as RowTarget, line, at);
      if (unique !== undefined) checkUnique(unique, row);
      if (++total.rows % EVERY === 0) {
        signal.throwIfAborted();
        onProgress(total.rows);
      }
    }
  }
  return { header: header as HeaderLine, ...total };
}

function checkUnique(unique: UniqueValues, { at, row }: NumberedRow): void {
  const taken = unique.add(row.info, row.pk, row.record, row.unknown);
  if (taken === undefined) return;
  throw new ImportError(
    `Line ${at} (${row.info.source} ${row.pk.map(String).join(", ")}): a record before it has the same ${taken.fields.join(", ")}, which ` +
      `the tenant's unique index "${taken.name}" allows once. Nothing was changed. Change one of them where the export was written, or ` +
      "drop the index first.",
  );
}

function checkKey({ key, value }: { readonly key: string; readonly value: string }, at: number): void {
  try {
    applicationKeyOf(key);
    bytesOf(value);
  } catch (error) {
    throw new ImportError(`Line ${at}: ${(error as Error).message}`, { cause: error });
  }
}
