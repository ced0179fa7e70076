/** Reads records again by their keys, as they are stored now. */

import { readRecord } from "../../layer/index.js";
import { matches } from "../../query/index.js";
import { agreedTenant, operate, type RepoState, type Session } from "../transaction/index.js";
import { keyOfLoaded } from "./loaded-key.js";
import { noResults } from "./no-results.js";
import { preparedTest } from "./prepared.js";
import { type ReadOptions, readOptions } from "./read-options.js";
import { boundedLayer } from "./read-rows.js";
import { recordsIn } from "./records-in.js";
import { schemaOfRecord } from "./schema-of-record.js";

/** Gives `null` for what is gone. */
export const reload = (state: RepoState, given: unknown, options?: ReadOptions): Promise<unknown> =>
  read(state, "reload", given, options);

/** @throws NoResultsError for what is gone */
export async function reloadOrThrow(
  state: RepoState,
  given: unknown,
  options?: ReadOptions,
): Promise<unknown> {
  const found = await read(state, "reloadOrThrow", given, options);
  recordsIn("reloadOrThrow", given).forEach((record, at) => {
    if ((Array.isArray(found) ? found[at] : found) !== null) return;
    const info = schemaOfRecord(record);
    const key = keyOfLoaded(info, record).map(String).join(", ");
    throw noResults(`${info.name} with the key ${key}: the reload`);
  });
  return found;
}

async function read(
  state: RepoState,
  operation: string,
  given: unknown,
  asked: ReadOptions = {},
): Promise<unknown> {
  const options = readOptions(state, operation, asked);
  const records = recordsIn(operation, given);
  const infos = records.map(schemaOfRecord);
  const readAll = async (session: Session) => {
    const gate = session.reading();
    if (gate !== undefined) await gate;
    const snapshot = options.snapshot ?? session.snapshot;
    const layer = boundedLayer(session, `repo.${operation}`, options.maxKeys);
    const asking = { operation, tenant: session.tenant, context: options.context };
    return Promise.all(
      records.map(async (record, i) => {
        const info = infos[i]!;
        const stored = await readRecord<object>(layer, info, keyOfLoaded(info, record), { snapshot });
        const test = stored === null ? undefined : preparedTest(state.core, info, asking);
        return stored === null || test === undefined || matches(test, stored) ? stored : null;
      }),
    );
  };
  const found = await operate(state, agreedTenant(options.tenant, records), readAll, options);
  return Array.isArray(given) ? found : found[0];
}
