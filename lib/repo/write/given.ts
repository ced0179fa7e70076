/** Reads what a write was given: attributes, a record or a changeset. */

import { insertOfRecord, isChangeset, recordsOf, withRelationsOfData } from "../../changeset/index.js";
import { refuseOtherCopy } from "../../copies.js";
import { InvalidOptionsError } from "../../errors.js";
import { buildRecord, type SchemaClass, type SchemaInfo, schemaOf, showValue } from "../../schema/index.js";
import { schemaOfRecord } from "../read/index.js";
import { type AnyChangeset, type Clock, newRecord, type Values } from "../rows/index.js";
import { onlyStoredParents } from "./stored-parents.js";
import { type Write, writeOf } from "./write.js";

/** What the caller gave. */
export interface Given extends Write {
  /** Records that decide the tenant. */
  readonly records: readonly object[];
  /** Whether the changeset was made of attributes or a record, so that its errors are not the caller's to read. */
  readonly plain?: boolean;
}

/**
 * Reads the arguments of an insert; a record or a changeset may stand alone.
 *
 * @throws InvalidOptionsError, UnknownFieldError, InvalidChangesetError
 */
export function givenInsert(first: unknown, second: unknown, clock: Clock): Given {
  const alone = typeof first === "object" && first !== null;
  const info = alone ? schemaOfGiven(first) : schemaOf(first as SchemaClass<Values>);
  const input = alone ? first : second;
  if (isChangeset(input)) return changesetToInsert(info, input as AnyChangeset);
  if (typeof input !== "object" || input === null) {
    throw new InvalidOptionsError(
      `repo.insert(${info.name}, …) takes attributes, a record or a changeset, not ${showValue(input)}.`,
    );
  }
  const isRecord = alone || input instanceof info.schema;
  return recordToInsert(info, isRecord ? (input as Values) : buildRecord(info, input as Values), clock);
}

const schemaOfGiven = (given: object): SchemaInfo<Values> =>
  schemaOfRecord(isChangeset(given) ? given.data : given);

function changesetToInsert(info: SchemaInfo<Values>, changeset: AnyChangeset): Given {
  const given = givenChangeset("insert", changeset);
  if (given.info === info) return given;
  throw new InvalidOptionsError(`The changeset is of ${given.info.name}, not of ${info.name}.`);
}

function recordToInsert(info: SchemaInfo<Values>, record: Values, clock: Clock): Given {
  const parents = onlyStoredParents(info, record);
  if (parents === undefined) {
    const changeset = insertOfRecord(info, record, makeRecord(clock)) as AnyChangeset;
    return { ...givenChangeset("insert", changeset), plain: true };
  }
  return {
    action: "insert",
    info,
    changeset: undefined,
    record: newRecord(info, record, undefined, clock),
    parents,
    generated: undefined,
    records: [record, ...(Object.values(parents) as object[])],
  };
}

/** A copy with its id: whatever becomes of what was given, every attempt stores the same. */
const makeRecord =
  (clock: Clock) =>
  (info: SchemaInfo, given: object): Values => {
    const own = info as SchemaInfo<Values>;
    const record = given instanceof info.schema ? (given as Values) : buildRecord(own, given as Values);
    return newRecord(own, record, undefined, clock);
  };

/** @throws InvalidOptionsError */
export function givenUpdate(input: unknown): Given {
  return givenChangeset("update", requireChangeset("update", input));
}

/** @throws InvalidOptionsError */
export function givenDelete(input: unknown): Given {
  if (isChangeset(input)) return givenChangeset("delete", input as AnyChangeset);
  if (typeof input !== "object" || input === null) {
    throw new InvalidOptionsError(
      "repo.delete takes a record or a changeset; for rows by condition: repo.deleteAll(query).",
    );
  }
  return {
    action: "delete",
    info: schemaOfRecord(input),
    changeset: undefined,
    record: input as Values,
    parents: undefined,
    generated: undefined,
    records: [input],
  };
}

function givenChangeset(action: Write["action"], given: AnyChangeset): Given {
  const changeset = withRelationsOfData(given, action);
  return { ...writeOf(action, changeset), records: recordsOf(changeset) };
}

/** @throws InvalidOptionsError */
export function requireChangeset(operation: string, input: unknown): AnyChangeset {
  if (isChangeset(input)) return input as AnyChangeset;
  refuseOtherCopy(input, "The changeset");
  throw new InvalidOptionsError(
    `repo.${operation} takes a changeset: repo.${operation}(change(record, { field: value })).`,
  );
}
