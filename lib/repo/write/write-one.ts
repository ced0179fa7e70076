/** Inserts, updates or deletes one record: what was given is read and its rules decided, then its graph is written. */

import { StaleEntryError } from "../../errors.js";
import { type Effective, effectiveOptions } from "../options/index.js";
import { conflictOf, type Values } from "../rows/index.js";
import { agreedTenant, checkOptions, operate, type RepoState, type Session } from "../transaction/index.js";
import { givenDelete, givenInsert, givenUpdate, requireChangeset } from "./given.js";
import { checkStaleOptions, unlessStale } from "./stale-ways.js";
import { isStored } from "./stored-parents.js";
import { valid } from "./valid.js";
import { writeGraph } from "./write-graph.js";
import {
  type DeleteOptions,
  deleteOptionNames,
  type InsertOptions,
  type InsertOrUpdateOptions,
  insertOptionNames,
  insertOrUpdateOptionNames,
  type UpdateOptions,
  updateOptionNames,
  type WriteOptions,
  writeOptionNames,
} from "./write-options.js";

const effective = <O extends WriteOptions>(
  { core }: RepoState,
  operation: string,
  options: O,
  known: ReadonlySet<string>,
): Effective<O> => effectiveOptions(core.config.defaultOptions, operation, options, known);

/** `insert(schema, input, options)` and `insert(input, options)`. */
export async function insert(
  state: RepoState,
  first: unknown,
  second: unknown,
  third: InsertOptions = {},
): Promise<Values> {
  const alone = typeof first === "object";
  const asked = (alone ? (second ?? {}) : third) as InsertOptions;
  const options = effective(state, "insert", asked, insertOptionNames);
  const given = await valid(givenInsert(first, second, () => state.core.clock()));
  const conflict = conflictOf(given.info, options.onConflict, options.conflictTarget);
  const tenant = agreedTenant(options.tenant, given.records);
  return operate(
    state,
    tenant,
    (session) => writeGraph(session, given, conflict, state.place),
    options,
    conflict.onConflict !== "raise",
  );
}

export async function update(
  state: RepoState,
  changeset: unknown,
  asked: UpdateOptions = {},
): Promise<Values> {
  const options = effective(state, "update", asked, updateOptionNames);
  checkStaleOptions("update", options);
  const read = await valid(givenUpdate(changeset));
  const given = options.force === true ? { ...read, force: true } : read;
  const tenant = agreedTenant(options.tenant, given.records);
  return operate(
    state,
    tenant,
    (session) => unlessStale(given, options, () => writeGraph(session, given, undefined, state.place)),
    options,
    true,
  );
}

export async function remove(state: RepoState, input: unknown, asked: DeleteOptions = {}): Promise<Values> {
  const options = effective(state, "delete", asked, deleteOptionNames);
  checkStaleOptions("delete", options);
  const given = await valid(givenDelete(input));
  const tenant = agreedTenant(options.tenant, given.records);
  return operate(
    state,
    tenant,
    (session) => unlessStale(given, options, () => writeGraph(session, given, undefined, state.place)),
    options,
    true,
  );
}

/** As `remove`; `null` when there is no such row (any more), which is no failure. */
export async function removeIfExists(
  state: RepoState,
  input: unknown,
  asked: WriteOptions = {},
): Promise<Values | null> {
  const options = effective(state, "deleteIfExists", asked, writeOptionNames);
  const given = await valid(givenDelete(input));
  const tenant = agreedTenant(options.tenant, given.records);
  const unlessGone = async (session: Session): Promise<Values | null> => {
    try {
      return await writeGraph(session, given, undefined, state.place);
    } catch (error) {
      if (error instanceof StaleEntryError && error.missing) return null;
      throw error;
    }
  };
  return operate(state, tenant, unlessGone, options, true);
}

/** Inserts a new record's changeset, updates a stored one's. */
export async function insertOrUpdate(
  state: RepoState,
  input: unknown,
  options: InsertOrUpdateOptions = {},
): Promise<Values> {
  checkOptions("insertOrUpdate", options, insertOrUpdateOptionNames);
  checkStaleOptions("insertOrUpdate", options);
  const changeset = requireChangeset("insertOrUpdate", input);
  const stored = isStored(changeset.data);
  const names = stored ? updateOptionNames : insertOptionNames;
  const own = Object.fromEntries(Object.entries(options).filter(([name]) => names.has(name)));
  return stored ? update(state, changeset, own) : insert(state, changeset, own);
}
