/** Ends a transaction without committing it, when `repo.rollback` asks for that. */

import { NotInTransactionError } from "../../errors.js";
import { type RepoState, sessionOf } from "./state.js";

/** Thrown through the function of the transaction; never reaches the caller. */
export class RolledBack {
  constructor(readonly value: unknown) {}
}

/** @throws NotInTransactionError */
export function rollback(state: RepoState, value: unknown): never {
  const session = sessionOf(state);
  if (session === undefined || session.ended) {
    throw new NotInTransactionError("repo.rollback ends the transaction around it, and there is none here.");
  }
  const end = new RolledBack(value);
  // It stands even when somebody catches it.
  session.refuseCommit(end);
  throw end;
}
