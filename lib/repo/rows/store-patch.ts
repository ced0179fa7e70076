/** Changes the row of a key by what is stored in it, in one read of the row. */

import { change } from "../../changeset/index.js";
import { dataKey, updateRecord } from "../../layer/index.js";
import { equalValues, hydrate, type SchemaInfo } from "../../schema/index.js";
import type { Session } from "../transaction/index.js";
import { asStored } from "./as-stored.js";
import { refusal } from "./refusal.js";
import { requireChanged } from "./required-fields.js";
import { updatedValues } from "./store-update.js";
import { stale, storedKey } from "./stored-key.js";
import type { AnyChangeset, Values } from "./values.js";
import { writableChanges } from "./writable-values.js";
import { readOf, type WriteWays } from "./write-ways.js";

/**
 * A row that the patch leaves as it is, is not written.
 *
 * @param patch gives new values by field; it may be called again
 * @returns the record that is stored now
 */
export async function storePatch(
  session: Session,
  info: SchemaInfo<Values>,
  keyed: Values,
  patch: (stored: Readonly<Values>) => Values,
  ways: WriteWays,
): Promise<Values> {
  const { layer } = session;
  const pk = storedKey(info, keyed);
  const key = () => dataKey(layer, info, pk);
  const turn = session.turn(key, true);
  if (turn !== undefined) await turn;
  let last: Values = {};
  const refused = (error: unknown) => refusal(error, info, last, undefined, "update");
  try {
    const outcome = await updateRecord<Values>(
      layer,
      info,
      pk,
      (stored) => {
        const given = patch(stored);
        const changes = writableChanges(session, info, changesOf(info, stored, given));
        if (Object.keys(changes).length === 0) return stored;
        last = { ...updatedValues(info, changes, () => session.clock()), ...timesIn(info, given) };
        const record = hydrate(info, { ...stored, ...last });
        requireChanged(info, last, change(record) as unknown as AnyChangeset);
        asStored(info, record, last);
        return record;
      },
      { place: ways.place, read: readOf(keyed, ways) },
    );
    if (outcome === null) throw stale(info, pk, "is not stored (any more)", true);
    session.noteWrite(key());
    layer.attempt.judge?.explain(key(), refused);
    return outcome.record;
  } catch (error) {
    throw refused(error);
  }
}

/** A time of the change that is given stands, the stored one too. */
function timesIn(info: SchemaInfo, given: Readonly<Values>): Values {
  const times = info.fields.filter(
    ({ name, autogenerate }) => autogenerate === "updatedAt" && Object.hasOwn(given, name),
  );
  return Object.fromEntries(times.map(({ name }) => [name, given[name]]));
}

function changesOf(info: SchemaInfo, stored: Readonly<Values>, values: Readonly<Values>): Values {
  const virtual = new Set(info.virtualFields.map(({ name }) => name));
  return Object.fromEntries(
    Object.entries(values).filter(
      ([name, value]) =>
        !virtual.has(name) && !equalValues(info.field(name).type, value, stored[name] ?? null),
    ),
  );
}
