/** The error of every engine, with an error code of FoundationDB. */

import { PlinthError } from "../../errors.js";
import { errorNames } from "./error-codes.js";

/** One try of a transaction that did not commit. */
export interface Attempt {
  /** FoundationDB's error code. */
  readonly code: number;
  /** When it began. */
  readonly startedAt: Date;
  /** Milliseconds that it took. */
  readonly durationMs: number;
}

/** An error of the engine port, with FoundationDB's number in `fdbCode` and its name in the message. */
export class EngineError extends PlinthError {
  /** FoundationDB's error code, as 1020 (`not_committed`). */
  readonly fdbCode: number;
  /** The tries behind an error that `transact` rejected with, oldest first; empty otherwise. */
  attempts: readonly Attempt[] = [];

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
