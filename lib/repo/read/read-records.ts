import { InvalidOptionsError } from "../../errors.js";
import { layoutOf, readRecord } from "../../layer/index.js";
import {
  agreedTenant,
  checkOptions,
  operate,
  type ReadOptions,
  type RepoState,
  readOptionNames,
} from "../transaction/index.js";
import { schemaOfRecord } from "../write/index.js";
import { copyRecord, preloadInto } from "./preload.js";

function recordsIn(operation: string, given: unknown): readonly object[] {
  const records = Array.isArray(given) ? given : [given];
  for (const record of records) {
    if (typeof record === "object" && record !== null) continue;
    throw new InvalidOptionsError(`repo.${operation} takes a record or a list of records.`);
  }
  return records as readonly object[];
}

/** Records as they are stored now, by their keys; `null` for those that are gone. */
export async function reload(state: RepoState, given: unknown, options: ReadOptions = {}): Promise<unknown> {
  checkOptions("reload", options, readOptionNames);
  const records = recordsIn("reload", given);
  const read = await operate(state, agreedTenant(options.tenant, records), async (session) => {
    const gate = session.reading();
    if (gate !== undefined) await gate;
    const snapshot = options.snapshot ?? session.snapshot;
    return Promise.all(
      records.map((record) => {
        const info = schemaOfRecord(record);
        return readRecord<object>(session.layer, info, layoutOf(info).keyOf(record), { snapshot });
      }),
    );
  });
  return Array.isArray(given) ? read : read[0];
}

/** Copies of the records with relations loaded. */
export async function preload(
  state: RepoState,
  given: unknown,
  paths: string | readonly string[],
  options: ReadOptions = {},
): Promise<unknown> {
  checkOptions("preload", options, readOptionNames);
  if (given === null) return null;
  const records = recordsIn("preload", given);
  const list = typeof paths === "string" ? [paths] : paths;
  if (!Array.isArray(list) || list.some((path) => typeof path !== "string")) {
    throw new InvalidOptionsError(
      'repo.preload takes a path or a list of paths: repo.preload(record, "reviews.author").',
    );
  }
  const copies = records.map(copyRecord);
  await operate(state, agreedTenant(options.tenant, records), async (session) => {
    const gate = session.reading();
    if (gate !== undefined) await gate;
    const bySchema = groupBySchema(copies);
    const snapshot = options.snapshot ?? session.snapshot;
    await Promise.all(
      [...bySchema].map(([info, group]) => preloadInto(session, info, group, list, snapshot)),
    );
  });
  return Array.isArray(given) ? copies : copies[0];
}

function groupBySchema(records: readonly object[]) {
  const groups = new Map<ReturnType<typeof schemaOfRecord>, object[]>();
  for (const record of records) {
    const info = schemaOfRecord(record);
    const group = groups.get(info);
    if (group === undefined) groups.set(info, [record]);
    else group.push(record);
  }
  return groups;
}
