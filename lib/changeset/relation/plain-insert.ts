/** Makes changesets of new records that were given as attributes or records, with all that is related to them. */

import { InvalidOptionsError } from "../../errors.js";
import {
  type AssociationInfo,
  buildRecord,
  equalValues,
  isSchema,
  type KeyedAssociation,
  relatedAttributes,
  type SchemaClass,
  type SchemaInfo,
  schemaOf,
  showValue,
  type ThroughAssociation,
} from "../../schema/index.js";
import {
  type ChangesetState,
  currentValue,
  emptyState,
  fieldsOfSchema,
  isChangeset,
  type NestedChangeset,
  stateOf,
  type Wrap,
} from "../state/index.js";
import { rulesOfPlainRecords } from "../validate/index.js";
import { withAction } from "./children.js";
import { isStored } from "./related-records.js";

type Values = Readonly<Record<string, unknown>>;

/** Makes the record to insert of what was given for it. */
export type MakeRecord = (info: SchemaInfo, given: object) => object;

/** A record of the schema is taken itself. */
export const takeRecord: MakeRecord = (info, given) =>
  given instanceof info.schema ? given : buildRecord(info, given as Values);

/** More levels than any data has; each takes its part of the stack. */
const MAX_LEVELS = 500;

/** What all levels of a graph have in common. */
export interface PlainWays {
  readonly wrap: Wrap;
  readonly make: MakeRecord;
}

/**
 * The insert of a record that was given without a changeset; the rules of its class hold for it.
 *
 * @param filled foreign keys that the records around it give
 * @param trail what was given for the records around it, from the outermost one
 * @throws InvalidOptionsError, UnknownFieldError
 */
export function plainInsert(
  info: SchemaInfo,
  given: object,
  ways: PlainWays,
  filled: readonly string[] = [],
  trail: readonly object[] = [],
): ChangesetState {
  if (trail.includes(given)) throw circle(info, given, trail);
  if (trail.length >= MAX_LEVELS) throw tooDeep(info);
  const state = {
    ...emptyState(fieldsOfSchema(info), ways.make(info, given)),
    action: "insert",
    pending: [rulesOfPlainRecords],
    filled,
  };
  return withRelations(state, given as Values, ways, [...trail, given]);
}

/** The state with the relations of a new record's data among its changes; those that it changes itself stay. */
export function withRelations(
  state: ChangesetState,
  given: Values,
  ways: PlainWays,
  trail: readonly object[],
): ChangesetState {
  const changes: Record<string, unknown> = {};
  const filled = [...(state.filled ?? [])];
  for (const association of state.fields.info?.associations ?? []) {
    const { name, kind, cardinality, foreignKeys, through } = association;
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined || value === null || Object.hasOwn(state.changes, name)) continue;
    if (through !== undefined) throw readOnly(state, association);
    const children = itemsOf(state, association, value).map((item) =>
      relatedOf(state, association, item, ways, trail),
    );
    changes[name] = cardinality === "many" ? Object.freeze(children) : children[0];
    if (kind === "belongsTo") filled.push(...foreignKeys);
  }
  if (Object.keys(changes).length === 0) return state;
  return { ...state, changes: { ...state.changes, ...changes }, filled };
}

function readOnly({ fields }: ChangesetState, { name, through }: ThroughAssociation): InvalidOptionsError {
  return new InvalidOptionsError(
    `The ${fields.name} to insert has records in ${name}, which goes through ${through.join(" and ")} and can only be read. ` +
      `Give them in ${through[0]}, with the records in between.`,
  );
}

function itemsOf(
  { fields }: ChangesetState,
  { name, cardinality }: AssociationInfo,
  value: unknown,
): object[] {
  const items: unknown = cardinality === "many" ? value : [value];
  const isItem = (item: unknown) => typeof item === "object" && item !== null && !Array.isArray(item);
  if (Array.isArray(items) && items.every(isItem)) return items as object[];
  const wanted = cardinality === "many" ? "a list of related records" : "a related record";
  throw new InvalidOptionsError(`${fields.name}.${name} takes ${wanted}, not ${showValue(value)}.`);
}

function relatedOf(
  state: ChangesetState,
  association: AssociationInfo,
  item: object,
  ways: PlainWays,
  trail: readonly object[],
): NestedChangeset {
  const { name, kind, foreignKeys } = association;
  const target = association.target();
  const record = isChangeset(item) ? item.data : item;
  refuseOtherSchema(state, name, target, record);
  if (kind === "belongsTo") refuseOtherKey(state, association, record as Values);
  if (isChangeset(item)) return withAction(item, isStored(record) ? "update" : "insert", ways.wrap);
  if (!isStored(record)) {
    const filled = kind === "belongsTo" ? [] : foreignKeys;
    const start =
      record instanceof target.schema ? record : relatedAttributes(association, record as Values, state.data);
    return ways.wrap(plainInsert(target, start, ways, filled, trail));
  }
  if (kind === "belongsTo" || kind === "manyToMany")
    return ways.wrap({ ...emptyState(fieldsOfSchema(target), record), action: "update" });
  throw new InvalidOptionsError(
    `${state.fields.name}.${name} holds a record that is stored already; an insert takes new ones. ` +
      `Link it by an update of its ${foreignKeys.join(" and ")}.`,
  );
}

function refuseOtherSchema(state: ChangesetState, name: string, target: SchemaInfo, record: object): void {
  const schema: unknown = record.constructor;
  if (!isSchema(schema) || schemaOf(schema as SchemaClass).source === target.source) return;
  throw new InvalidOptionsError(
    `${state.fields.name}.${name} takes records of ${target.name}, not of ${(schema as SchemaClass).name}.`,
  );
}

/** A parent that is given next to the key of another would be stored, or linked, in vain. */
function refuseOtherKey(
  state: ChangesetState,
  { name, foreignKeys, references }: KeyedAssociation,
  parent: Values,
): void {
  const names = references();
  const differs = foreignKeys.some((field, at) => {
    const own = currentValue(state, field);
    return own !== null && !equalValues(state.fields.field(field).type, own, parent[names[at]!] ?? null);
  });
  if (!differs) return;
  throw new InvalidOptionsError(
    `The ${state.fields.name} to insert has both ${foreignKeys.join(", ")} and ${name}, and they differ. Give one of them.`,
  );
}

function circle(info: SchemaInfo, given: object, trail: readonly object[]): InvalidOptionsError {
  const levels = trail.length - trail.indexOf(given);
  return new InvalidOptionsError(
    `A new ${info.name} is related to itself: following its relations, ${levels} step${levels === 1 ? "" : "s"} lead back to the ` +
      "same object, so there is none to store first. Give each relation in one direction only: a parent with its " +
      "children, without their way back to it.",
  );
}

function tooDeep(info: SchemaInfo): InvalidOptionsError {
  return new InvalidOptionsError(
    `The records around a new ${info.name} are nested deeper than ${MAX_LEVELS} levels, usually because each next one of a list ` +
      "was put into the one before it. Write them level by level, in one transaction, with the keys of their parents.",
  );
}

/** The changeset as the Repo writes it: what the data of new records is related to is written with them. */
export function withRelationsOfData(
  state: ChangesetState,
  insert: boolean,
  ways: PlainWays,
  level = 0,
): ChangesetState {
  const { info } = state.fields;
  if (info === undefined || info.associations.length === 0) return state;
  if (level >= MAX_LEVELS) throw tooDeep(info);
  let next = state;
  for (const { name } of info.associations) {
    const change = Object.hasOwn(state.changes, name) ? state.changes[name] : undefined;
    const one = (item: unknown) => (isChangeset(item) ? nestedWithRelations(item, ways, level + 1) : item);
    const surfaced = Array.isArray(change) ? change.map(one) : one(change);
    const same = Array.isArray(change)
      ? change.every((item, i) => item === (surfaced as unknown[])[i])
      : surfaced === change;
    if (!same) next = { ...next, changes: { ...next.changes, [name]: surfaced } };
  }
  return insert && !isStored(state.data) ? withRelations(next, state.data, ways, [state.data]) : next;
}

function nestedWithRelations(changeset: NestedChangeset, ways: PlainWays, level: number): NestedChangeset {
  const state = stateOf(changeset);
  const insert = changeset.action === "insert" || (changeset.action === null && !isStored(changeset.data));
  const next = withRelationsOfData(state, insert, ways, level);
  return next === state ? changeset : ways.wrap(next);
}
