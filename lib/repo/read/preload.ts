/** Gives copies of records with relations loaded, for `repo.preload`. */

import { InvalidOptionsError } from "../../errors.js";
import { preloadSteps, preloadWords } from "../../query/index.js";
import { copyRecord, preloadInto } from "../related/index.js";
import { agreedTenant, operate, type RepoState, type Session } from "../transaction/index.js";
import { preloadingIn } from "./preloading-in.js";
import { type ReadOptions, readOptionNames, readOptions } from "./read-options.js";
import { boundedLayer } from "./read-rows.js";
import { recordsIn } from "./records-in.js";
import { schemaOfRecord } from "./schema-of-record.js";

/** Options of `preload`. */
export interface PreloadOptions extends ReadOptions {
  /** Reads relations again that are loaded already; default false. What a query or function gives is always read. */
  readonly force?: boolean;
}

const preloadNames: ReadonlySet<string> = new Set([...readOptionNames, "force"]);

const words = preloadWords((message) => new InvalidOptionsError(message));

export async function preload(
  state: RepoState,
  given: unknown,
  what: unknown,
  asked: PreloadOptions = {},
): Promise<unknown> {
  const options = readOptions(state, "preload", asked, preloadNames);
  const { force = false } = options;
  if (typeof force !== "boolean")
    throw new InvalidOptionsError("{ force } of repo.preload is true or false.");
  if (given === null) return null;
  const records = recordsIn("preload", given);
  const copies = records.map(copyRecord);
  const groups = [...groupBySchema(copies)].map(
    ([info, group]) => [info, group, preloadSteps(info, what, words)] as const,
  );
  const load = async (session: Session) => {
    const gate = session.reading();
    if (gate !== undefined) await gate;
    const snapshot = options.snapshot ?? session.snapshot;
    // A later attempt begins with what was given, and not with what an earlier one has loaded.
    const fresh = session.attempt === 1 ? groups : groups.map(startOver(records, copies));
    const layer = boundedLayer(session, "repo.preload", options.maxKeys);
    const how = preloadingIn(state, session, layer, { snapshot, force, context: options.context });
    await Promise.all(fresh.map(([info, group, steps]) => preloadInto(how, info, group, steps)));
  };
  await operate(state, agreedTenant(options.tenant, records), load, options);
  return Array.isArray(given) ? copies : copies[0];
}

type Group = readonly [ReturnType<typeof schemaOfRecord>, readonly object[], ReturnType<typeof preloadSteps>];

/** Gives the copies the relations again that their originals have. */
function startOver(records: readonly object[], copies: readonly object[]) {
  const originals = new Map(copies.map((copy, i) => [copy, records[i]!]));
  return (group: Group): Group => {
    const [, list, steps] = group;
    for (const copy of list) {
      for (const { relation } of steps) {
        const original = originals.get(copy) as Record<string, unknown>;
        if (Object.hasOwn(original, relation)) Object.assign(copy, { [relation]: original[relation] });
        else delete (copy as Record<string, unknown>)[relation];
      }
    }
    return group;
  };
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
