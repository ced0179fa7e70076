/** Runs the functions of `prepareChanges`, which may read and write in the transaction of the write. */

import { preparesOf } from "../../changeset/index.js";
import type { AnyChangeset } from "../rows/index.js";
import type { Session } from "../transaction/index.js";
import { validChangeset } from "./valid.js";
import { type Write, writeOf } from "./write.js";

/** The write of the changeset that the functions give; undefined when there are none. */
export function prepareChanges(session: Session, { action, changeset }: Write): Promise<Write> | undefined {
  if (changeset === undefined) return undefined;
  const functions = preparesOf(changeset);
  return functions.length === 0 ? undefined : prepared(session, action, changeset, functions);
}

async function prepared(
  session: Session,
  action: Write["action"],
  changeset: AnyChangeset,
  functions: ReturnType<typeof preparesOf>,
): Promise<Write> {
  let current: unknown = changeset;
  for (const fn of functions) current = await fn(current as object, session.repo);
  return writeOf(action, await validChangeset(current as AnyChangeset, action));
}
