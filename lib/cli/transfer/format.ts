/** The format of an export: its lines, and how they are read. */

import { ImportError } from "../../errors.js";
import type { JsonValue } from "./value-json.js";

export const FORMAT = "plinth-export";
export const FORMAT_VERSION = 1;

/** An index registration as the header tells it. */
export interface IndexLine {
  readonly source: string;
  readonly name: string;
  readonly kind: string;
  readonly fields: readonly string[];
  readonly state: string;
  /** The registration as it is stored, in base64. */
  readonly registration: string;
}

/** The first line of an export. */
export interface HeaderLine {
  readonly format: typeof FORMAT;
  readonly version: number;
  /** The URL of the store it was taken from. */
  readonly source: string;
  readonly storageId: string;
  readonly tenant: string;
  /** ISO 8601. */
  readonly exportedAt: string;
  readonly indexes: readonly IndexLine[];
  /** Applied migrations: the packed version and the value as they are stored, in base64. */
  readonly migrations: readonly { readonly version: number; readonly value: string }[];
}

/** A record: its source, its key's items and its stored fields. */
export interface RowLine {
  readonly source: string;
  readonly key: readonly JsonValue[];
  readonly row: { readonly [field: string]: JsonValue };
}

/** A key of the application's own: what follows the tenant's prefix, and its value, in base64. */
export interface KeyLine {
  readonly key: string;
  readonly value: string;
}

/** The last line; a file without it was cut off. */
export interface EndLine {
  readonly end: {
    readonly rows: number;
    readonly keys: number;
    /** Read versions of the first and the last page, as decimal text. */
    readonly firstVersion: string;
    readonly lastVersion: string;
    /** Logged sources that were written to in between: pages of these show different moments. */
    readonly changed: readonly string[];
  };
}

export type Line =
  | { readonly kind: "row"; readonly line: RowLine }
  | { readonly kind: "key"; readonly line: KeyLine }
  | { readonly kind: "end"; readonly line: EndLine };

function parse(text: string, at: number): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Readonly<Record<string, unknown>>;
    }
  } catch {
    // Said below, with the line.
  }
  throw new ImportError(`Line ${at} is no JSON object; the file is damaged or no export of plinth.`);
}

/** Reads the first line. Throws `ImportError` for another format or a newer version of it. */
export function parseHeader(text: string): HeaderLine {
  const value = parse(text, 1);
  if (value.format !== FORMAT) {
    throw new ImportError(
      "The first line is no header of an export; write the file with: plinth export TENANT",
    );
  }
  if (value.version !== FORMAT_VERSION) {
    throw new ImportError(
      `The export has version ${String(value.version)}, this plinth reads version ${FORMAT_VERSION}; update plinth.`,
    );
  }
  return value as unknown as HeaderLine;
}

/** Reads a line after the header. Throws `ImportError` that names the line. */
export function parseLine(text: string, at: number): Line {
  const value = parse(text, at);
  if (typeof value.source === "string" && Array.isArray(value.key) && isObject(value.row)) {
    return { kind: "row", line: value as unknown as RowLine };
  }
  if (typeof value.key === "string" && typeof value.value === "string") {
    return { kind: "key", line: value as unknown as KeyLine };
  }
  if (isObject(value.end)) return { kind: "end", line: value as unknown as EndLine };
  throw new ImportError(`Line ${at} is neither a record nor a key; the file is damaged.`);
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
