/** Reads records again by their keys, as they are stored now. */

import { readRecord } from "../../layer/index.js";
import { agreedTenant, checkOptions, operate, type RepoState } from "../transaction/index.js";
import { keyOfLoaded } from "./loaded-key.js";
import { noResults } from "./no-results.js";
import { type ReadOptions, readOptionNames } from "./read-options.js";
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
  options: ReadOptions = {},
): Promise<unknown> {
  checkOptions(operation, options, readOptionNames);
  const records = recordsIn(operation, given);
  const infos = records.map(schemaOfRecord);
  const found = await operate(state, agreedTenant(options.tenant, records), async (session) => {
    const gate = session.reading();
    if (gate !== undefined) await gate;
    const snapshot = options.snapshot ?? session.snapshot;
    return Promise.all(
      records.map((record, i) => {
        const info = infos[i]!;
        return readRecord<object>(session.layer, info, keyOfLoaded(info, record), { snapshot });
      }),
    );
  });
  return Array.isArray(given) ? found : found[0];
}
