/** Runs the functions of `prepareChanges`, which may read and write in the transaction of the write. */

import { preparesOf } from "../../changeset/index.js";
import { schemaOfRecord } from "../read/index.js";
import type { AnyChangeset } from "../rows/index.js";
import type { Session } from "../transaction/index.js";
import type { Write } from "./given.js";
import { validChangeset } from "./valid-changeset.js";

/** The write with the changeset that the functions made of its own; undefined when it has no such functions. */
export function preparing(session: Session, write: Write): Promise<Write> | undefined {
  const { changeset } = write;
  if (changeset === undefined) return undefined;
  const functions = preparesOf(changeset);
  return functions.length === 0 ? undefined : prepare(session, write, changeset, functions);
}

async function prepare(
  session: Session,
  write: Write,
  changeset: AnyChangeset,
  functions: ReturnType<typeof preparesOf>,
): Promise<Write> {
  let current: unknown = changeset;
  for (const fn of functions) current = await fn(current as object, session.repo);
  const prepared = await validChangeset(current as AnyChangeset, write.action);
  return { ...write, info: schemaOfRecord(prepared.data), changeset: prepared, record: prepared.data };
}
