/** The rule that fields declared without null have a value: all of a new record, those that change of a stored one. */

import { type AssociationInfo, getMeta, type SchemaInfo } from "../../schema/index.js";
import {
  type ChangesetState,
  currentValue,
  dataValue,
  fieldError,
  isChangeset,
  isLeaving,
  type NestedChangeset,
  stateOf,
  type Wrap,
} from "../state/index.js";

/** A field without a value. */
export interface MissingField {
  readonly schema: string;
  readonly field: string;
  /** Where it is missing: the field, behind the embeds around it. */
  readonly path: string;
}

type Values = Readonly<Record<string, unknown>>;

const nothing: readonly never[] = Object.freeze([]);

/** The fields without a value of a record that is not stored yet, those of its embeds as well. */
export function missingIn(info: SchemaInfo, record: Values, path = ""): readonly MissingField[] {
  if (info.requiredFields.length === 0 && info.embeds.length === 0) return nothing;
  const missing: MissingField[] = [];
  for (const { name } of info.requiredFields) {
    if (isEmpty(record[name])) missing.push({ schema: info.name, field: name, path: path + name });
  }
  for (const { name, cardinality, target } of info.embeds) {
    const value = record[name];
    const items = cardinality === "many" && Array.isArray(value) ? value : [value];
    items.forEach((item: unknown, at) => {
      // The type of the field refuses what is no record.
      if (typeof item !== "object" || item === null || isChangeset(item)) return;
      const place = cardinality === "many" ? `${path}${name}[${at}].` : `${path}${name}.`;
      for (const one of missingIn(target(), item as Values, place)) missing.push(one);
    });
  }
  return missing;
}

/**
 * The state with an error for every such field, and those of the changesets inside it with theirs.
 *
 * @param isNew whether the changeset inserts its record
 * @param filled foreign keys that the records around it give when they are written
 */
export function requireDeclared(
  state: ChangesetState,
  isNew: boolean,
  wrap: Wrap,
  filled: readonly string[] = nothing,
): ChangesetState {
  const { info } = state.fields;
  if (info === undefined) return state;
  const nested = requireNested(state, info, wrap);
  const all = isNew ? missingInNew(info, nested) : missingInChanges(info, nested);
  if (all.length === 0) return nested;
  const given = new Set([...filled, ...(state.filled ?? nothing), ...keysOfParents(info, nested)]);
  const missing = all.filter(({ path, field }) => !(path === field && given.has(field)));
  const errors = missing
    .filter(({ path }) => !nested.errors.some(({ field }) => field === outermost(path)))
    .map(({ schema, field, path }) =>
      path === field
        ? fieldError(field, "can't be blank", { validation: "required" })
        : fieldError(outermost(path), "is invalid", {
            validation: "required",
            reason: `${schema}.${field} has no value at ${path}`,
            missing: { schema, field, path },
          }),
    );
  return errors.length === 0 ? nested : { ...nested, errors: [...nested.errors, ...errors] };
}

/** The first field that {@link requireDeclared} has marked, here or in the changesets inside. */
export function firstMissing(state: ChangesetState, path = ""): MissingField | undefined {
  for (const { field, meta } of state.errors) {
    if (meta.validation !== "required") continue;
    const inside = meta.missing as MissingField | undefined;
    if (inside !== undefined) return { ...inside, path: path + inside.path };
    return { schema: state.fields.name, field, path: path + field };
  }
  for (const [name, change] of Object.entries(state.changes)) {
    const list = Array.isArray(change);
    for (const [at, item] of (list ? change : [change]).entries()) {
      if (!isChangeset(item)) continue;
      const found = firstMissing(stateOf(item), `${path}${name}${list ? `[${at}]` : ""}.`);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

const outermost = (path: string): string => (/^[^.[]*/.exec(path) as RegExpExecArray)[0];

const isEmpty = (value: unknown): boolean => value === null || value === undefined || isLeaving(value);

/** Embeds that are changesets have errors of their own. */
function missingInNew(info: SchemaInfo, state: ChangesetState): readonly MissingField[] {
  const values: Record<string, unknown> = {};
  for (const { name } of [...info.requiredFields, ...info.embeds]) values[name] = currentValue(state, name);
  const defaulted = info.requiredFields.filter(({ name, default: given }) => {
    // Of an object that the class's constructor made; the insert gives it the default.
    const unset = !Object.hasOwn(state.changes, name) && state.data[name] === undefined;
    return unset && given !== undefined;
  });
  const missing = missingIn(info, values);
  if (defaulted.length === 0) return missing;
  return missing.filter(({ path }) => !defaulted.some(({ name }) => name === path));
}

function missingInChanges(info: SchemaInfo, { changes }: ChangesetState): readonly MissingField[] {
  const empty = Object.keys(changes).filter((name) => isEmpty(changes[name]));
  if (empty.length === 0) return nothing;
  return info.requiredFields
    .filter(({ name }) => empty.includes(name))
    .map(({ name }) => ({ schema: info.name, field: name, path: name }));
}

/** Foreign keys that the write of the record's own parents gives. */
const keysOfParents = (info: SchemaInfo, { changes }: ChangesetState): readonly string[] =>
  info.associations.flatMap(({ kind, name, foreignKeys }) =>
    kind === "belongsTo" && Object.hasOwn(changes, name) && !isEmpty(changes[name]) ? foreignKeys : [],
  );

function requireNested(state: ChangesetState, info: SchemaInfo, wrap: Wrap): ChangesetState {
  let changes: Record<string, unknown> | undefined;
  for (const [name, change] of Object.entries(state.changes)) {
    const association = info.hasAssociation(name) ? info.association(name) : undefined;
    if (association === undefined && !info.hasEmbed(name)) continue;
    const one = (item: unknown) =>
      isChangeset(item) ? requireInside(item, state, name, association, wrap) : item;
    const next = Array.isArray(change) ? change.map(one) : one(change);
    const same = Array.isArray(change)
      ? change.every((item, i) => item === (next as unknown[])[i])
      : next === change;
    if (same) continue;
    changes ??= { ...state.changes };
    changes[name] = next;
  }
  return changes === undefined ? state : { ...state, changes };
}

function requireInside(
  item: NestedChangeset,
  owner: ChangesetState,
  name: string,
  association: AssociationInfo | undefined,
  wrap: Wrap,
): NestedChangeset {
  if (isLeaving(item)) return item;
  const state = stateOf(item);
  const key =
    association === undefined || association.kind === "belongsTo" ? nothing : association.foreignKeys;
  const present = dataValue(owner, name);
  const kept = Array.isArray(present) ? present.includes(item.data) : present === item.data;
  const stored = kept || getMeta(item.data)?.state === "loaded";
  const isNew = item.action === "insert" || (item.action === null && !stored);
  const next = requireDeclared(state, isNew, wrap, key);
  return next === state ? item : wrap(next);
}
