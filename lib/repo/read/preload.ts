/** Gives copies of records with relations loaded, for `repo.preload`. */

import { InvalidOptionsError } from "../../errors.js";
import { preloadInto } from "../related/index.js";
import { agreedTenant, checkOptions, operate, type RepoState } from "../transaction/index.js";
import { copyRecord } from "./copy-record.js";
import { type ReadOptions, readOptionNames } from "./read-options.js";
import { recordsIn } from "./records-in.js";
import { schemaOfRecord } from "./schema-of-record.js";

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
  const bySchema = groupBySchema(copies);
  await operate(state, agreedTenant(options.tenant, records), async (session) => {
    const gate = session.reading();
    if (gate !== undefined) await gate;
    const snapshot = options.snapshot ?? session.snapshot;
    await Promise.all(
      [...bySchema].map(([info, group]) => preloadInto(session.layer, info, group, list, snapshot)),
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
