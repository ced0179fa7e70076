/** Deletes the row of a stored record, once its constraints are decided. */

import { dataKey, deleteRecord } from "../../layer/index.js";
import { type SchemaInfo, setMeta } from "../../schema/index.js";
import type { Session } from "../transaction/index.js";
import { checkConstraints } from "./constraints.js";
import { lockedValues } from "./locked-values.js";
import { stale, storedKey } from "./stored-key.js";
import type { AnyChangeset, Values } from "./values.js";
import { readOf, type WriteWays } from "./write-ways.js";

/** @returns the record as it was stored */
export async function storeDelete(
  session: Session,
  info: SchemaInfo<Values>,
  record: Values,
  changeset: AnyChangeset | undefined,
  ways: WriteWays = {},
): Promise<Values> {
  const { layer } = session;
  const { place, check } = ways;
  const pk = storedKey(info, record);
  const key = () => dataKey(layer, info, pk);
  const turn = session.turn(key, true);
  if (turn !== undefined) await turn;
  await checkConstraints(session, info, changeset, record, "delete");
  const refuse = (stored: Values): void => {
    check?.(stored);
    if (changeset !== undefined) lockedValues(info, pk, changeset, stored);
  };
  const read = readOf(record, ways);
  const outcome = await deleteRecord<Values>(layer, info, pk, { check: refuse, place, read });
  if (outcome === null) throw stale(info, pk, "is not stored (any more)", true);
  session.noteWrite(key());
  setMeta(outcome.old, { state: "deleted", tenant: session.tenant });
  return outcome.old;
}
