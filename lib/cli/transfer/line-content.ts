/** Turns the content of a line, a record or a key of the application, into what the store takes, or refuses it. */

import { ImportError } from "../../errors.js";
import type { RowLine } from "./format.js";
import type { ImportedRow, RowTarget } from "./row-target.js";
import { bytesOf } from "./value-json.js";

/** A record and the line that it comes from. */
export interface NumberedRow {
  readonly at: number;
  readonly row: ImportedRow;
}

/** @throws ImportError that names the line */
export function rowAt(target: RowTarget, line: RowLine, at: number): NumberedRow {
  try {
    return { at, row: target.rowOf(line) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ImportError(`Line ${at} (${line.source}): ${message}`, { cause: error });
  }
}

/** What stands behind the tenant's prefix. Throws `ImportError` for a key that would land among Plinth's own. */
export function applicationKeyOf(text: string): Uint8Array {
  const key = bytesOf(text);
  if (!isReserved(key)) return key;
  throw new ImportError(
    `The key ${Buffer.from(key).toString("hex")} belongs to Plinth; the file was changed by hand.`,
  );
}

/** By its bytes, so that what is no tuple behind the first element is told as well: a packed byte string of one byte. */
function isReserved(key: Uint8Array): boolean {
  if (key[0] !== 0x01) return false;
  // A zero byte inside of a byte string is followed by ff.
  const end = key[1] === 0x00 && key[2] === 0xff ? 3 : 2;
  if (end === 2 && key[1] === 0x00) return false;
  return key[end] === 0x00 && key[end + 1] !== 0xff;
}
