/** The format of an export: what its lines hold. */

import type { JsonValue } from "./value-json.js";

export const FORMAT = "plinth-export";
export const FORMAT_VERSION = 2;

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

/** The last line; a file without it was cut off. Behind `end` it carries `sha256`, of all lines and of itself. */
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
