/** Sets a relation or embed to records, changesets or attributes of the program (not of a form). */

import { ChangesetError } from "../../errors.js";
import { buildRecord, isPlainObject, relatedAttributes, showValue } from "../../schema/index.js";
import {
  type ChangesetState,
  emptyState,
  fieldError,
  fieldsOfSchema,
  isChangeset,
  type NestedChangeset,
  putChange,
  type Wrap,
  withErrors,
} from "../state/index.js";
import { markRepeated, putChildren, withAction } from "./children.js";
import { plainInsert, takeRecord } from "./plain-insert.js";
import { isStored, keyOfRecord, presentRecords, takeByKey } from "./related-records.js";
import { type Relation, relationOf } from "./relation.js";
import { replaced } from "./replaced.js";

export function putRelation(
  state: ChangesetState,
  name: string,
  what: "assoc" | "embed",
  value: unknown,
  wrap: Wrap,
): ChangesetState {
  const relation = relationOf(state, name, what);
  const present = presentRecords(state, relation);
  const left = [...present];
  const children = itemsOf(state, relation, value).map((item) => childOf(state, relation, left, item, wrap));
  for (const record of left) {
    const gone = replaced(state, relation, record, wrap);
    if (gone === "invalid") return withErrors(state, [fieldError(name, "is invalid", { validation: what })]);
    if (gone !== null && relation.many) children.push(gone);
  }
  return putChildren(state, relation, markRepeated(relation, children, wrap), present);
}

function itemsOf(state: ChangesetState, relation: Relation, value: unknown): readonly object[] {
  const items = relation.many ? value : value === null ? [] : [value];
  const isItem = (item: unknown) => typeof item === "object" && item !== null && !Array.isArray(item);
  if (Array.isArray(items) && items.every(isItem)) return items as object[];
  throw new ChangesetError(
    `${state.fields.name}.${relation.name} takes ${relation.many ? "a list of records" : "a record or null"} ` +
      `(changesets and attributes too), not ${showValue(value)}.`,
  );
}

function childOf(
  state: ChangesetState,
  relation: Relation,
  left: object[],
  item: object,
  wrap: Wrap,
): NestedChangeset {
  const { target } = relation;
  const record = isChangeset(item) ? item.data : item;
  const isRecord = record instanceof target.schema;
  if (!isRecord && (isChangeset(item) || !isPlainObject(record))) {
    throw new ChangesetError(
      `${state.fields.name}.${relation.name} takes records of ${target.name}, not of ${record.constructor?.name ?? "no class"}.`,
    );
  }
  const same = left.indexOf(record);
  const present = same === -1 ? matching(relation, left, record) : left.splice(same, 1)[0];
  const isNew = relation.kind !== "embed" && !isStored(present ?? record);
  if (isNew && !isChangeset(item)) return wrap(newChild(state.data, relation, present, record, wrap));
  if (isRecord) {
    const stored = !isNew && (present !== undefined || isStored(record));
    const child = isChangeset(item) ? item : wrap(emptyState(fieldsOfSchema(target), record));
    return withAction(child, stored ? "update" : "insert", wrap);
  }
  if (present === undefined) {
    return wrap({
      ...emptyState(fieldsOfSchema(target), buildRecord(target, record as Record<string, unknown>)),
      action: "insert",
    });
  }
  const changed = withAttributes(emptyState(fieldsOfSchema(target), present), record, wrap);
  return wrap({ ...changed, action: "update" });
}

/** The insert of a record that is not stored, which the relation may hold already. */
function newChild(
  owner: object,
  relation: Relation,
  present: object | undefined,
  given: object,
  wrap: Wrap,
): ChangesetState {
  const { kind, foreignKeys, target } = relation;
  const filled = kind === "belongsTo" ? [] : foreignKeys;
  const ways = { wrap, make: takeRecord };
  if (given instanceof target.schema) return plainInsert(target, given, ways, filled, [owner]);
  if (present === undefined) {
    const attributes = relatedAttributes(relation, given as Record<string, unknown>, owner);
    return plainInsert(target, attributes, ways, filled, [owner]);
  }
  return withAttributes(plainInsert(target, present, ways, filled, [owner]), given, wrap);
}

function withAttributes(state: ChangesetState, attributes: object, wrap: Wrap): ChangesetState {
  let next = state;
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    next =
      state.fields.info?.hasAssociation(name) === true
        ? putRelation(next, name, "assoc", value, wrap)
        : putChange(next, name, value);
  }
  return next;
}

function matching(relation: Relation, left: object[], record: object): object | undefined {
  if (!relation.many && relation.onReplace === "update") return left.pop();
  return takeByKey(relation, left, keyOfRecord(relation, record));
}
