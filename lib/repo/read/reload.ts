/** Reads records again by their keys, as they are stored now. */

import { readRecord } from "../../layer/index.js";
import { agreedTenant, checkOptions, operate, type RepoState } from "../transaction/index.js";
import { keyOfLoaded } from "./loaded-key.js";
import { type ReadOptions, readOptionNames } from "./read-options.js";
import { recordsIn } from "./records-in.js";
import { schemaOfRecord } from "./schema-of-record.js";

/** Gives `null` for what is gone. */
export async function reload(state: RepoState, given: unknown, options: ReadOptions = {}): Promise<unknown> {
  checkOptions("reload", options, readOptionNames);
  const records = recordsIn("reload", given);
  const infos = records.map(schemaOfRecord);
  const read = await operate(state, agreedTenant(options.tenant, records), async (session) => {
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
  return Array.isArray(given) ? read : read[0];
}
