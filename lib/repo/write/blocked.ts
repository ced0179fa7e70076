/** Writes again what a unique index refused, once other rows may have given up the value: a list that moves by one. */

import { ConstraintError, InvalidChangesetError } from "../../changeset/index.js";
import { UniqueViolationError } from "../../errors.js";
import type { AnyChangeset } from "../rows/index.js";

/** Writes that a unique index has refused so far. */
export type Blocked = (() => Promise<void>)[];

/** Writes, or keeps the write for later when the value of another row is in its way. */
export async function writeUnlessBlocked(blocked: Blocked, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!isTaken(error)) throw error;
    blocked.push(write);
  }
}

/** Goes through them as long as that makes way for others. @throws what the first of those left is refused with */
export async function writeBlocked(blocked: Blocked): Promise<void> {
  while (blocked.length > 0) {
    const refused: unknown[] = [];
    const left: Blocked = [];
    for (const write of blocked) {
      try {
        await write();
      } catch (error) {
        if (!isTaken(error)) throw error;
        refused.push(error);
        left.push(write);
      }
    }
    if (left.length === blocked.length) throw refused[0];
    blocked.splice(0, blocked.length, ...left);
  }
}

function isTaken(error: unknown): boolean {
  if (error instanceof ConstraintError) return error.cause instanceof UniqueViolationError;
  if (!(error instanceof InvalidChangesetError)) return false;
  const { errors } = error.changeset as AnyChangeset;
  return errors.length > 0 && errors.every(({ meta }) => meta.constraint === "unique");
}
