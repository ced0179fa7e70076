/** Waits for the rules of a changeset that are asynchronous, and refuses it when it is not valid. */

import { InvalidChangesetError } from "../../changeset/index.js";
import type { AnyChangeset } from "../rows/index.js";

/** @throws InvalidChangesetError */
export async function validChangeset(changeset: AnyChangeset, action: string): Promise<AnyChangeset> {
  const decided = await changeset.validated();
  if (!decided.valid) throw new InvalidChangesetError(decided.putAction(action), action);
  return decided;
}
