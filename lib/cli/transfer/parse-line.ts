/** Reads the lines of an export, and refuses those that are none. */

import { ImportError } from "../../errors.js";
import {
  type EndLine,
  FORMAT,
  FORMAT_VERSION,
  type HeaderLine,
  type KeyLine,
  type Line,
  type RowLine,
} from "./format.js";
import { checkHeader, isEnd, isObject } from "./line-shapes.js";

function parse(text: string, at: number): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Said below, with the line.
  }
  throw new ImportError(`Line ${at} is no JSON object; the file is damaged or no export of plinth.`);
}

/** Reads the first line. Throws `ImportError` for another format, another version of it, or a damaged header. */
export function parseHeader(text: string): HeaderLine {
  const value = parse(text, 1);
  if (value.format !== FORMAT) {
    throw new ImportError(
      "The first line is no header of an export; write the file with: plinth export TENANT",
    );
  }
  if (value.version !== FORMAT_VERSION) {
    throw new ImportError(
      `The export has version ${JSON.stringify(value.version)}, this plinth reads version ${FORMAT_VERSION}; ` +
        "import with the plinth that wrote it, or export the tenant again with this one.",
    );
  }
  return checkHeader(value);
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
  if (isEnd(value)) return { kind: "end", line: value as unknown as EndLine };
  if ("end" in value)
    throw new ImportError(`Line ${at}, the last one, lacks its numbers; the file is damaged.`);
  if (value.format === FORMAT) {
    throw new ImportError(`Line ${at} is a second header; two files were joined.`);
  }
  throw new ImportError(`Line ${at} is neither a record nor a key; the file is damaged.`);
}
