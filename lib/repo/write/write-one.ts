import {
  type Changeset,
  hasClassRules,
  InvalidChangesetError,
  isChangeset,
  recordsOf,
} from "../../changeset/index.js";
import { InvalidOptionsError } from "../../errors.js";
import {
  buildRecord,
  getMeta,
  hydrate,
  type SchemaClass,
  type SchemaInfo,
  schemaOf,
  showValue,
} from "../../schema/index.js";
import type { Session } from "../transaction/index.js";
import {
  agreedTenant,
  checkOptions,
  type InsertOptions,
  insertOptionNames,
  operate,
  type RepoState,
  type WriteOptions,
  writeOptionNames,
} from "../transaction/index.js";
import { checkOnConflict, type StoreOptions, storeNew } from "./insert-record.js";
import { insertRelated, relatedRecords } from "./related-records.js";
import { removeRecord } from "./update-record.js";
import {
  changesetOf,
  deleteChangeset,
  insertChangeset,
  schemaOfRecord,
  updateChangeset,
} from "./write-graph.js";
import { newRecord, type Values, validChangeset } from "./write-values.js";

type Cs = Changeset<Values>;

/** What an insert is to store, checked before the transaction. */
export interface PreparedInsert {
  readonly info: SchemaInfo<Values>;
  /** Records that decide the tenant. */
  readonly records: readonly object[];
  run(session: Session, options: StoreOptions): Promise<Values>;
}

const ruled = new WeakMap<SchemaInfo, boolean>();

/** Rules of class-validator hold for plain attributes too; a class has all of its rules when it is first used. */
async function checkRules(info: SchemaInfo, record: Values): Promise<void> {
  let rules = ruled.get(info);
  if (rules === undefined) {
    rules = hasClassRules(info.schema);
    ruled.set(info, rules);
  }
  if (rules) await validChangeset(changesetOf(record).validateSchema(), "insert");
}

async function prepareRecord(info: SchemaInfo<Values>, given: Values): Promise<PreparedInsert> {
  const related = relatedRecords(info, given);
  const record = newRecord(info, given);
  await checkRules(info, record);
  return {
    info,
    records: [given, ...related],
    run: async (session, options) => {
      if (related.length > 0) return insertRelated(session, info, given, record, options);
      // A retry starts from the same record, but not from the same object: the last attempt has marked it.
      return (await storeNew(session, info, hydrate(info, record), undefined, options)).record;
    },
  };
}

/** Reads the arguments of an insert; a changeset may stand alone. */
export async function prepareInsert(first: unknown, second: unknown): Promise<PreparedInsert> {
  if (isChangeset(first)) return prepareChangeset(first as unknown as Cs, undefined);
  if (typeof first === "object" && first !== null)
    return prepareRecord(schemaOfRecord(first), first as Values);
  const info = schemaOf(first as SchemaClass<Values>);
  if (isChangeset(second)) return prepareChangeset(second as unknown as Cs, info);
  if (typeof second !== "object" || second === null) {
    throw new InvalidOptionsError(
      `repo.insert(${info.name}, …) takes attributes, a record or a changeset, not ${showValue(second)}.`,
    );
  }
  if (second instanceof info.schema) return prepareRecord(info, second as Values);
  return prepareRecord(info, buildRecord(info, second as Values));
}

async function prepareChangeset(
  changeset: Cs,
  info: SchemaInfo<Values> | undefined,
): Promise<PreparedInsert> {
  const own = schemaOfRecord(changeset.data);
  if (info !== undefined && info !== own) {
    throw new InvalidOptionsError(`The changeset is of ${own.name}, not of ${info.name}.`);
  }
  const valid = await validChangeset(changeset, "insert");
  return {
    info: own,
    records: recordsOf(valid),
    run: (session, options) => insertChangeset(session, valid, options),
  };
}

const isInsertOptions = (first: unknown) => typeof first === "object";

/** `insert(schema, input, options)` and `insert(changeset, options)`. */
export async function insert(
  state: RepoState,
  first: unknown,
  second: unknown,
  third: InsertOptions = {},
): Promise<Values> {
  const alone = isInsertOptions(first);
  const options = (alone ? (second ?? {}) : third) as InsertOptions;
  checkOptions("insert", options, insertOptionNames);
  const prepared = await prepareInsert(first, alone ? undefined : second);
  const store = checkOnConflict(prepared.info, options.onConflict, options.conflictTarget);
  const tenant = agreedTenant(options.tenant, prepared.records);
  return operate(state, tenant, (session) => prepared.run(session, store));
}

function requireChangeset(operation: string, value: unknown): Cs {
  if (isChangeset(value)) return value as unknown as Cs;
  throw new InvalidOptionsError(
    `repo.${operation} takes a changeset: repo.${operation}(change(record, { field: value })).`,
  );
}

export async function update(state: RepoState, given: unknown, options: WriteOptions = {}): Promise<Values> {
  checkOptions("update", options, writeOptionNames);
  const changeset = await validChangeset(requireChangeset("update", given), "update");
  const tenant = agreedTenant(options.tenant, recordsOf(changeset));
  return operate(state, tenant, (session) => updateChangeset(session, changeset));
}

export async function remove(state: RepoState, given: unknown, options: WriteOptions = {}): Promise<Values> {
  checkOptions("delete", options, writeOptionNames);
  if (isChangeset(given)) {
    const changeset = await validChangeset(given as unknown as Cs, "delete");
    const tenant = agreedTenant(options.tenant, recordsOf(changeset));
    return operate(state, tenant, (session) => deleteChangeset(session, changeset));
  }
  if (typeof given !== "object" || given === null) {
    throw new InvalidOptionsError(
      "repo.delete takes a record or a changeset; for rows by condition: repo.deleteAll(query).",
    );
  }
  const info = schemaOfRecord(given);
  const tenant = agreedTenant(options.tenant, [given]);
  return operate(state, tenant, (session) => removeRecord(session, info, given as Values, undefined));
}

/** Inserts a new record's changeset, updates a stored one's. */
export async function insertOrUpdate(
  state: RepoState,
  given: unknown,
  options: InsertOptions = {},
): Promise<Values> {
  checkOptions("insertOrUpdate", options, insertOptionNames);
  const changeset = requireChangeset("insertOrUpdate", given);
  const stored = getMeta(changeset.data)?.state === "loaded";
  if (!stored) return insert(state, changeset, options);
  const { tenant } = options;
  return update(state, changeset, tenant === undefined ? {} : { tenant });
}

export type TryResult =
  | { readonly ok: true; readonly value: Values }
  | { readonly ok: false; readonly changeset: object };

/** Gives a changeset's failure as a value; everything else is thrown. */
export async function attempted(write: Promise<Values>): Promise<TryResult> {
  try {
    return { ok: true, value: await write };
  } catch (error) {
    if (error instanceof InvalidChangesetError) return { ok: false, changeset: error.changeset };
    throw error;
  }
}
