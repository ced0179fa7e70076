/** Runs the functions of `prepareChanges`, which may read and write in the transaction of the write. */

import { isChangeset, preparesOf, withRelationsOfData } from "../../changeset/index.js";
import { InvalidOptionsError } from "../../errors.js";
import type { AnyChangeset } from "../rows/index.js";
import type { Session } from "../transaction/index.js";
import { validChangeset } from "./valid.js";
import { type Write, writeOf } from "./write.js";

export const preparesChanges = ({ changeset }: Write): boolean =>
  changeset !== undefined && preparesOf(changeset).length > 0;

/** The write of the changeset that the functions give. @throws InvalidOptionsError when one gives something else */
export async function prepareChanges(
  session: Session,
  { action, changeset, generated, force }: Write,
): Promise<Write> {
  let current: unknown = changeset;
  for (const fn of preparesOf(changeset as AnyChangeset)) {
    const before = current as object;
    current = await session.within((repo) => fn(before, repo));
    if (!isChangeset(current)) {
      throw new InvalidOptionsError(
        "A function of prepareChanges gives the changeset that is to be written: .prepareChanges((changeset) => changeset).",
      );
    }
  }
  return writeOf(
    action,
    await validChangeset(withRelationsOfData(current as AnyChangeset, action), action),
    generated,
    force,
  );
}
