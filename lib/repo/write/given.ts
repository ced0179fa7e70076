/** Reads what a write was given - attributes, a record or a changeset - and checks it, before the transaction begins. */

import { change, hasClassRules, isChangeset, recordsOf } from "../../changeset/index.js";
import { InvalidOptionsError } from "../../errors.js";
import { buildRecord, type SchemaClass, type SchemaInfo, schemaOf, showValue } from "../../schema/index.js";
import { schemaOfRecord } from "../read/index.js";
import { type AnyChangeset, newRecord, type Values } from "../rows/index.js";
import { relatedRecords } from "./related.js";
import { validChangeset } from "./valid-changeset.js";

/** One record to write. */
export interface Write {
  readonly action: "insert" | "update" | "delete";
  readonly info: SchemaInfo<Values>;
  /** Undefined when there are only attributes or a record: these have no constraints and no `prepareChanges`. */
  readonly changeset: AnyChangeset | undefined;
  /** The changeset's data; without one the record itself, for an insert as `newRecord` makes it. */
  readonly record: Values;
  /** Has the related records that go with an insert without a changeset. */
  readonly related: Readonly<Values> | undefined;
}

/** What the caller gave, valid. */
export interface Given extends Write {
  /** Records that decide the tenant. */
  readonly records: readonly object[];
}

/** Reads the arguments of an insert; a changeset or a record may stand alone. */
export async function givenInsert(first: unknown, second: unknown): Promise<Given> {
  if (isChangeset(first)) return changesetToInsert(first as AnyChangeset, undefined);
  if (typeof first === "object" && first !== null)
    return recordToInsert(schemaOfRecord(first), first as Values);
  const info = schemaOf(first as SchemaClass<Values>);
  if (isChangeset(second)) return changesetToInsert(second as AnyChangeset, info);
  if (typeof second !== "object" || second === null) {
    throw new InvalidOptionsError(
      `repo.insert(${info.name}, …) takes attributes, a record or a changeset, not ${showValue(second)}.`,
    );
  }
  const isRecord = second instanceof info.schema;
  return recordToInsert(info, isRecord ? (second as Values) : buildRecord(info, second as Values));
}

async function changesetToInsert(
  changeset: AnyChangeset,
  info: SchemaInfo<Values> | undefined,
): Promise<Given> {
  const own = schemaOfRecord(changeset.data);
  if (info !== undefined && info !== own) {
    throw new InvalidOptionsError(`The changeset is of ${own.name}, not of ${info.name}.`);
  }
  return ofChangeset("insert", await validChangeset(changeset, "insert"));
}

async function recordToInsert(info: SchemaInfo<Values>, given: Values): Promise<Given> {
  const related = relatedRecords(info, given);
  const record = newRecord(info, given);
  if (hasRules(info)) await validChangeset(change(record).validateSchema() as AnyChangeset, "insert");
  return {
    action: "insert",
    info,
    changeset: undefined,
    record,
    related: related.length > 0 ? given : undefined,
    records: [given, ...related],
  };
}

const ruled = new WeakMap<SchemaInfo, boolean>();

/** Rules of class-validator hold for plain attributes too; a class has all of its rules when it is first used. */
function hasRules(info: SchemaInfo): boolean {
  let rules = ruled.get(info);
  if (rules === undefined) {
    rules = hasClassRules(info.schema);
    ruled.set(info, rules);
  }
  return rules;
}

/** @throws InvalidOptionsError, InvalidChangesetError */
export async function givenUpdate(given: unknown): Promise<Given> {
  return ofChangeset("update", await validChangeset(requireChangeset("update", given), "update"));
}

/** @throws InvalidOptionsError, InvalidChangesetError */
export async function givenDelete(given: unknown): Promise<Given> {
  if (isChangeset(given)) return ofChangeset("delete", await validChangeset(given as AnyChangeset, "delete"));
  if (typeof given !== "object" || given === null) {
    throw new InvalidOptionsError(
      "repo.delete takes a record or a changeset; for rows by condition: repo.deleteAll(query).",
    );
  }
  return {
    action: "delete",
    info: schemaOfRecord(given),
    changeset: undefined,
    record: given as Values,
    related: undefined,
    records: [given],
  };
}

function ofChangeset(action: Write["action"], changeset: AnyChangeset): Given {
  const { data } = changeset;
  return {
    action,
    info: schemaOfRecord(data),
    changeset,
    record: data,
    related: undefined,
    records: recordsOf(changeset),
  };
}

/** @throws InvalidOptionsError */
export function requireChangeset(operation: string, value: unknown): AnyChangeset {
  if (isChangeset(value)) return value as AnyChangeset;
  throw new InvalidOptionsError(
    `repo.${operation} takes a changeset: repo.${operation}(change(record, { field: value })).`,
  );
}
