/** Sets a relation or embed to records, changesets or attributes of the program (not of a form). */

import { ChangesetError } from "../../errors.js";
import { buildRecord, getMeta, isPlainObject, showValue } from "../../schema/index.js";
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
import { putChildren, withAction } from "./children.js";
import { keyOfRecord, presentRecords, takeByKey } from "./related-records.js";
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
    const gone = replaced(state.fields.name, relation, record, wrap);
    if (gone === "invalid") return withErrors(state, [fieldError(name, "is invalid", { validation: what })]);
    if (gone !== null && relation.many) children.push(gone);
  }
  return putChildren(state, relation, children, present);
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
  if (isRecord) {
    const stored = present !== undefined || getMeta(record)?.state === "loaded";
    const child = isChangeset(item) ? item : wrap(emptyState(fieldsOfSchema(target), record));
    return withAction(child, stored ? "update" : "insert", wrap);
  }
  if (present === undefined) {
    return wrap({
      ...emptyState(fieldsOfSchema(target), buildRecord(target, record as Record<string, unknown>)),
      action: "insert",
    });
  }
  let child = emptyState(fieldsOfSchema(target), present);
  for (const [field, value] of Object.entries(record)) {
    if (value !== undefined) child = putChange(child, field, value);
  }
  return wrap({ ...child, action: "update" });
}

function matching(relation: Relation, left: object[], record: object): object | undefined {
  if (!relation.many && relation.onReplace === "update") return left.pop();
  return takeByKey(relation, left, keyOfRecord(relation, record));
}
