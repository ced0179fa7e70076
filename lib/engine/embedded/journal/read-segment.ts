/** Reads a segment that an earlier process left: whose it is, which of its records are whole, and whether one is damaged. */

import { readFileSync } from "node:fs";
import { readFirstFormat } from "./first-format.js";
import { decodeRecord, type JournalRecord, recordsBehind } from "./journal-record.js";
import { decodeHeader, HEADER_BYTES } from "./segment-header.js";

/** What stands in a segment's file. */
export type FoundSegment =
  | { readonly kind: "missing" | "empty" | "damaged"; readonly name: string }
  | ReadSegment;

export interface ReadSegment {
  readonly kind: "segment";
  readonly name: string;
  readonly format: 1 | 2;
  readonly generation: number;
  readonly base: number;
  /** Of format 2: the identities of the store and of the journal, in hexadecimal. */
  readonly store: string | undefined;
  readonly journal: string | undefined;
  readonly sequence: number;
  readonly records: readonly JournalRecord[];
  /** The other segment goes on from its end. */
  readonly continued: boolean;
  /** Whole records behind one that is not: they were acknowledged, and so was the damaged one. */
  readonly behind: readonly JournalRecord[];
}

export function readSegment(path: string, name: string): FoundSegment {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { kind: "missing", name };
    throw error;
  }
  if (isBlank(bytes)) return { kind: "empty", name };
  const old = readFirstFormat(bytes);
  if (old !== undefined)
    return {
      ...{ kind: "segment", name, format: 1, store: undefined, journal: undefined },
      ...{ sequence: 0, continued: false },
      ...old,
    };
  const found = decodeHeader(bytes);
  if (found === undefined) return { kind: "damaged", name };
  const { header, stamp } = found;
  const records: JournalRecord[] = [];
  let at = HEADER_BYTES;
  let sequence = header.sequence;
  let continued = false;
  for (;;) {
    const next = decodeRecord(stamp, bytes, at);
    if (next?.record.sequence !== sequence) break;
    sequence++;
    at = next.next;
    continued = next.record.changes.length === 0;
    if (!continued) records.push(next.record);
  }
  return {
    kind: "segment",
    name,
    format: 2,
    generation: header.generation,
    base: header.base,
    store: header.store.toString("hex"),
    journal: header.journal.toString("hex"),
    sequence: header.sequence,
    records,
    continued,
    behind: [...recordsBehind(stamp, bytes, at, sequence - 1)],
  };
}

/** The newest version that its whole records lead to. */
export const endOf = ({ records, base }: ReadSegment): number => records.at(-1)?.version ?? base;

/** Nothing but zeros. */
function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 0) return false;
  return true;
}
