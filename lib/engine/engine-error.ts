import { PlinthError } from "../errors.js";
import { errorNames } from "./error-codes.js";

/** An error of the engine port, with FoundationDB's number in `fdbCode` and its name in the message. */
export class EngineError extends PlinthError {
  readonly fdbCode: number;

  constructor(fdbCode: number, detail?: string, options?: { cause?: unknown }) {
    const name = errorNames.get(fdbCode) ?? "unknown_error";
    super(
      `fdb_${fdbCode}`,
      detail === undefined ? `${name} (${fdbCode})` : `${name} (${fdbCode}): ${detail}`,
      options,
    );
    this.fdbCode = fdbCode;
  }
}
