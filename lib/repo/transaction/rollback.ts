/** Ends a transaction without committing it, when `repo.rollback` asks for that or its result says that it failed. */

import { NotInTransactionError } from "../../errors.js";
import { isPlainObject } from "../../schema/index.js";
import { type RepoState, sessionOf } from "./state.js";

/** Thrown through the function of a transaction, or of a part of one; its caller gets the value. */
export class RolledBack extends Error {
  /** Of a transaction in a group: the version at which what it has seen is stored; -1n when nobody wrote. */
  seenAt: bigint | undefined;

  /**
   * @param refusal of a part: the error of the transaction around it, when the part has written; without one, the whole
   * transaction ends
   */
  constructor(
    readonly value: unknown,
    readonly refusal?: Error,
  ) {
    super(
      "The transaction is rolled back: repo.rollback was called. Let this error through to repo.transactional.",
    );
  }
}

/** @throws NotInTransactionError */
export function rollback(state: RepoState, value: unknown): never {
  const session = sessionOf(state);
  if (session === undefined || session.ended) {
    throw new NotInTransactionError("repo.rollback ends the transaction around it, and there is none here.");
  }
  const end = new RolledBack(value);
  // It stands even when somebody catches it.
  session.refuseAll(end);
  throw end;
}

/** A result that failed: a plain object whose `ok` is false, such as what the `try…` methods give. */
export interface FailedResult {
  readonly ok: false;
}

/** Records and other instances of classes are values, whatever their fields are. */
export const isFailedResult = (value: unknown): value is FailedResult =>
  isPlainObject(value) && Object.hasOwn(value, "ok") && value.ok === false;

/** Thrown behind the function of `repo.transact`, so that nothing of the transaction, or of the part, is stored. */
export class FailedByValue extends Error {
  constructor(readonly result: FailedResult) {
    super("The transaction stores nothing: its function gave { ok: false }.");
  }
}
