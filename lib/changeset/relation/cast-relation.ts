/** Casts input into changesets of the records of a relation or embed. */

import { ChangesetError } from "../../errors.js";
import { buildRecord, relatedAttributes, showValue } from "../../schema/index.js";
import { findParam, readParam } from "../input/index.js";
import { type ChangesetState, fieldError, isChangeset, type Wrap, withErrors } from "../state/index.js";
import { isMissing } from "../validate/index.js";
import { markRepeated, putChildren, withAction } from "./children.js";
import { isStored, keysOf, presentRecords, takeByKey } from "./related-records.js";
import { type Relation, relationOf } from "./relation.js";
import { listParams } from "./relation-params.js";
import { replaced } from "./replaced.js";

/** Options of `castAssoc` and `castEmbed`. */
export interface CastRelationOptions<U = never> {
  /** Makes the changeset of one record; default: the related class's static `changeset`. */
  readonly with?: (record: U, params: unknown, index: number) => object;
  /** Whether there must be a record. Default false. */
  readonly required?: boolean;
  /** The message when there is none. Default "can't be blank". */
  readonly requiredMessage?: string;
  /** The message of params of another shape. Default "is invalid". */
  readonly invalidMessage?: string;
  /** Of a relation: whether the owner's `updatedAt` moves when only related records change. Default true. */
  readonly touchParent?: boolean;
  /**
   * The parameter with the order of a to-many relation: a list of the keys (or positions) of its entries. Default: none.
   */
  readonly sortParam?: string;
  /** The parameter with the entries to leave out: a list of their keys (or positions). Default: none. */
  readonly dropParam?: string;
}

type MakeChild = (record: object, params: unknown, index: number) => object;

/**
 * Casts the params of a relation or embed. An entry with the primary key of a present record changes that record,
 * any other makes a new one; present records that no entry names are replaced.
 */
export function castRelation(
  state: ChangesetState,
  name: string,
  what: "assoc" | "embed",
  options: CastRelationOptions,
  wrap: Wrap,
): ChangesetState {
  const relation = relationOf(state, name, what);
  checkTouchParent(state, name, what, options);
  const invalid = (to: ChangesetState) =>
    withErrors(to, [
      fieldError(name, options.invalidMessage ?? "is invalid", {
        validation: what,
        type: relation.many ? "array" : "map",
      }),
    ]);
  const entries = readEntries(state, relation, options);
  let next =
    options.required === true ? { ...state, required: [...new Set([...state.required, name])] } : state;
  if (entries === "invalid") return invalid(next);
  if (entries !== "missing") {
    const result = castEntries(next, relation, entries, makeChild(state, relation, what, options), wrap);
    if (result === "invalid") return invalid(next);
    const touches = what === "assoc" && options.touchParent !== false && Object.hasOwn(result.changes, name);
    next = touches ? { ...result, touch: true } : result;
  }
  if (options.required !== true || !isMissing(next, name)) return next;
  return withErrors(next, [
    fieldError(name, options.requiredMessage ?? "can't be blank", { validation: "required" }),
  ]);
}

/** An embed is a part of its record, whose time of change is the record's. */
function checkTouchParent(
  state: ChangesetState,
  name: string,
  what: "assoc" | "embed",
  { touchParent }: CastRelationOptions,
): void {
  if (touchParent === undefined || (what === "assoc" && typeof touchParent === "boolean")) return;
  throw new ChangesetError(
    `{ touchParent } is true or false in castAssoc, not ${showValue(touchParent)} in cast${what === "assoc" ? "Assoc" : "Embed"} of ` +
      `${state.fields.name}.${name}. (A record always moves with its embeds.)`,
  );
}

type Entries = readonly unknown[] | "missing" | "invalid";

function readEntries(state: ChangesetState, relation: Relation, options: CastRelationOptions): Entries {
  const param = findParam(state.params, relation.name);
  const listed = (name: string | undefined) => {
    const list = name === undefined ? undefined : findParam(state.params, name);
    return list?.found === true && !("broken" in list) ? list.value : undefined;
  };
  if (!relation.many) {
    if (!param.found) return "missing";
    if ("broken" in param) return "invalid";
    if (param.value === null || param.value === "") return [];
    return isEntry(param.value) ? [param.value] : "invalid";
  }
  const sort = listed(options.sortParam);
  const drop = listed(options.dropParam);
  if (!param.found && sort === undefined && drop === undefined) return "missing";
  if ("broken" in param) return "invalid";
  const entries = listParams(param.found ? param.value : [], sort, drop);
  return entries?.every(isEntry) === true ? entries : "invalid";
}

function isEntry(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function makeChild(
  state: ChangesetState,
  { name, target }: Relation,
  what: "assoc" | "embed",
  options: CastRelationOptions,
): MakeChild {
  if (options.with !== undefined) return options.with as MakeChild;
  const { changeset } = target.schema as unknown as { changeset?: unknown };
  if (typeof changeset === "function")
    return (record, params) => changeset.call(target.schema, record, params) as object;
  throw new ChangesetError(
    `${state.fields.name}.${name} has nothing to cast its params with. Write ` +
      `static changeset(record: ${target.name}, params: unknown = {}) in ${target.name}, or ` +
      `${what === "assoc" ? "castAssoc" : "castEmbed"}("${name}", { with: (record, params) => cast(record, params, […]) }).`,
  );
}

function castEntries(
  state: ChangesetState,
  relation: Relation,
  entries: readonly unknown[],
  make: MakeChild,
  wrap: Wrap,
): ChangesetState | "invalid" {
  const present = presentRecords(state, relation);
  const left = [...present];
  const children = entries.map((entry, index) => {
    const record = matching(relation, left, entry as object);
    const child = make(record ?? newRecord(state, relation), entry, index);
    if (!isChangeset(child)) {
      throw new ChangesetError(
        `The function for ${state.fields.name}.${relation.name} must return a changeset.`,
      );
    }
    const isNew = record === undefined || (relation.kind !== "embed" && !isStored(record));
    return withAction(child, isNew ? "insert" : "update", wrap);
  });
  const kept = children.filter(({ data, action }) => action !== "delete" || present.includes(data));
  for (const record of left) {
    const gone = replaced(state, relation, record, wrap);
    if (gone === "invalid") return "invalid";
    // The place of a to-one relation is taken by the new record; the Repo finds the old one in the data.
    if (gone !== null && relation.many) kept.push(gone);
  }
  return putChildren(state, relation, markRepeated(relation, kept, wrap), present);
}

const newRecord = (state: ChangesetState, relation: Relation): object =>
  buildRecord(relation.target, relatedAttributes(relation, {}, state.data));

/** The present record that an entry means; taken out of `left`. */
function matching(relation: Relation, left: object[], entry: object): object | undefined {
  const [only] = left;
  if (!relation.many && relation.onReplace === "update" && only !== undefined) return left.pop();
  const keys = keysOf(relation);
  const key = keys.map(({ name, type }) => {
    const param = readParam(entry, name);
    // In a composite key, that of the owner goes without saying.
    if (!param.found && keys.length > 1 && relation.foreignKeys.includes(name) && only !== undefined)
      return (only as Record<string, unknown>)[name] ?? null;
    const cast = param.found && !("broken" in param) ? type.cast(param.value) : undefined;
    return cast?.ok === true ? (cast.value ?? null) : null;
  });
  return key.length === 0 || key.includes(null) ? undefined : takeByKey(relation, left, key);
}
