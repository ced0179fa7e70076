/** Turns the error that a transaction finally failed with into one that says what to do about it. */

import { ConstraintError, InvalidChangesetError } from "../../changeset/index.js";
import { EngineError } from "../../engine/index.js";
import {
  CommitUnknownError,
  KeyTooLargeError,
  PrimaryKeyExistsError,
  StaleEntryError,
  TransactionConflictError,
  TransactionTimeoutError,
  TransactionTooLargeError,
  TransactionTooOldError,
  UniqueViolationError,
  ValueTooLargeError,
  VersionstampPendingError,
} from "../../errors.js";

/** `conflict, conflict, timed out`: what each attempt ended with, repeats counted. */
function historyText(error: EngineError): string {
  const codes = error.attempts.map(({ code }) => code);
  if (codes.length < 2) return "";
  const counts = new Map<number, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  const parts = [...counts].map(([code, count]) => `${count} x ${code}`);
  return ` Attempts: ${codes.length} (${parts.join(", ")}).`;
}

const ownDoing = [
  PrimaryKeyExistsError,
  StaleEntryError,
  UniqueViolationError,
  ConstraintError,
  InvalidChangesetError,
];

/** What a retry finds after a commit of unknown outcome may be the work of that commit, so it refuses nothing. */
export function afterUnknownCommit(error: unknown): unknown {
  if (!ownDoing.some((cause) => error instanceof cause)) return error;
  return new CommitUnknownError(
    "The connection was lost during the commit, and running the transaction again met what it may have written itself: " +
      `${(error as Error).message} To run again safely: repo.transactional(tenant, fn, { exactlyOnce: true }).`,
    { cause: error },
  );
}

/** The engine's error as the class that says what to do; its `cause` holds the attempts. */
export function teachingError(error: unknown): unknown {
  if (!(error instanceof EngineError)) return error;
  const options = { cause: error };
  const history = historyText(error);
  switch (error.fdbCode) {
    case 1020:
      return new TransactionConflictError(
        `Other transactions kept changing what this one read, until its retries were used up.${history} ` +
          "Allow more: repo.transactional(tenant, fn, { retryLimit: 100 }), or read less in it.",
        options,
      );
    case 1021:
      return new CommitUnknownError(
        `The connection was lost during the commit, which may or may not have happened.${history} ` +
          "To run again safely: repo.transactional(tenant, fn, { exactlyOnce: true }).",
        options,
      );
    case 1031:
    case 1004:
      return new TransactionTimeoutError(
        `The transaction's timeoutMs passed.${history} Raise it: repo.transactional(tenant, fn, { timeoutMs: 10_000 }), ` +
          "or do less in one transaction.",
        options,
      );
    case 1007:
      return new TransactionTooOldError(
        `The transaction lasted longer than FoundationDB's five seconds.${history} Read in pages (repo.page, repo.stream) ` +
          "and write in batches ({ batch: 500 }).",
        options,
      );
    case 1036:
      return new VersionstampPendingError(
        "The transaction read a record or an index entry whose versionstamp only its own commit assigns, or beside such a one a " +
          "key stamped by the very commit that it reads at: FoundationDB hides both. Read it in another transaction, or use the record that repo.insert returned.",
        options,
      );
    case 2101:
      return new TransactionTooLargeError(
        "The transaction writes more than 10,000,000 bytes. Write in batches: repo.insertAll(Schema, rows, { batch: 500 }).",
        options,
      );
    case 2102:
      return new KeyTooLargeError(
        "A primary key or an indexed value is too long for a key (10,000 bytes; about 4,000 in the embedded engine). " +
          "Index a shorter field, such as a hash of the long one.",
        options,
      );
    case 2103:
      return new ValueTooLargeError(
        "A value is longer than 100,000 bytes. Records are split by themselves; leave long fields out of an index's include.",
        options,
      );
    default:
      return error;
  }
}
