import { ChangeError, ChangesetError } from "../../errors.js";
import { equalValues, type OnReplace, type SchemaInfo } from "../../schema/index.js";
import {
  type ChangesetState,
  emptyState,
  fieldsOfSchema,
  type NestedChangeset,
  putChange,
  stateOf,
  type Wrap,
} from "../state/index.js";
import { loadedRelation } from "../validate/index.js";

/** A relation or an embed, as far as changesets treat them alike. */
export interface Relation {
  readonly name: string;
  readonly kind: "belongsTo" | "hasOne" | "hasMany" | "embed";
  readonly many: boolean;
  readonly target: SchemaInfo;
  readonly onReplace: OnReplace;
  /** Undefined for an embed. */
  readonly foreignKey: string | undefined;
}

/** The relation or embed of that name. Throws `ChangesetError` or `UnknownFieldError`. */
export function relationOf(state: ChangesetState, name: string, what: "assoc" | "embed"): Relation {
  const { info } = state.fields;
  if (info === undefined)
    throw new ChangesetError("A changeset without a schema has no relations and no embeds.");
  if (what === "assoc") {
    if (info.hasEmbed(name)) {
      throw new ChangesetError(
        `${info.name}.${name} is an embed; write castEmbed("${name}") or putEmbed("${name}", …).`,
      );
    }
    const { kind, target, onReplace, foreignKey } = info.association(name);
    return { name, kind, many: kind === "hasMany", target: target(), onReplace, foreignKey };
  }
  if (info.hasAssociation(name)) {
    throw new ChangesetError(
      `${info.name}.${name} is a relation; write castAssoc("${name}") or putAssoc("${name}", …).`,
    );
  }
  const { cardinality, target, onReplace } = info.embed(name);
  return {
    name,
    kind: "embed",
    many: cardinality === "many",
    target: target(),
    onReplace,
    foreignKey: undefined,
  };
}

/** The records that the data has now. */
export function presentRecords(state: ChangesetState, relation: Relation): readonly object[] {
  const { [relation.name]: _, ...changes } = state.changes;
  const value = loadedRelation({ ...state, changes }, relation.name);
  if (Array.isArray(value)) return value as object[];
  return value === null || value === undefined ? [] : [value as object];
}

/** The value of a record's primary key; null when it has none. */
export function keyOfRecord({ target }: Relation, record: object): unknown {
  if (!target.hasPrimaryKey) return null;
  return (record as Record<string, unknown>)[target.primaryKey.name] ?? null;
}

/** Whether two objects are the same related record: one object, or one key. */
export function isSameRecord(relation: Relation, a: object, b: object): boolean {
  return a === b || takeByKey(relation, [a], keyOfRecord(relation, b)) !== undefined;
}

/** Takes the record with that key out of `records`. */
export function takeByKey(relation: Relation, records: object[], key: unknown): object | undefined {
  if (key === null || key === undefined) return undefined;
  const { type } = relation.target.primaryKey;
  const at = records.findIndex((record) => equalValues(type, keyOfRecord(relation, record), key));
  return at === -1 ? undefined : records.splice(at, 1)[0];
}

/** What a record that is no longer among the related ones becomes: a changeset, nothing, or an error. */
export function replaced(
  owner: string,
  relation: Relation,
  record: object,
  wrap: Wrap,
): NestedChangeset | null | "invalid" {
  const { name, target, onReplace, foreignKey, kind } = relation;
  const state = emptyState(fieldsOfSchema(target), record);
  switch (onReplace) {
    case "delete":
      return wrap({ ...state, action: "delete" });
    case "nilify":
      if (foreignKey === undefined || kind === "belongsTo") return null;
      return wrap({ ...putChange(state, foreignKey, null), action: "update", leaves: true });
    case "markAsInvalid":
      return "invalid";
    default:
      throw new ChangeError(
        `${owner}.${name} would lose a ${target.name}, and a lost one is not to be dealt with by guessing. Say what ` +
          `becomes of it: { onReplace: "delete" }${kind === "embed" ? "" : ', "nilify"'}, "markAsInvalid" or "update" ` +
          "as the decorator's last argument. (Often the params or records simply left it out.)",
      );
  }
}

/** The child changesets as the change of the relation; nothing when they change nothing. */
export function putChildren(
  state: ChangesetState,
  relation: Relation,
  children: readonly NestedChangeset[],
  present: readonly object[],
): ChangesetState {
  const { [relation.name]: _, ...changes } = state.changes;
  const ordered = relation.kind === "embed";
  const same = ({ data }: NestedChangeset, i: number) =>
    ordered ? data === present[i] : present.includes(data);
  const idle =
    children.length === present.length && children.every((child, i) => isIdle(child) && same(child, i));
  if (idle) return { ...state, changes };
  const value = relation.many ? Object.freeze([...children]) : (children[0] ?? null);
  return { ...state, changes: { ...changes, [relation.name]: value } };
}

function isIdle(child: NestedChangeset): boolean {
  return child.valid && child.action === "update" && Object.keys(stateOf(child).changes).length === 0;
}

/** A child with the action that its place asks for, unless it was given one. */
export function withAction(child: NestedChangeset, action: "insert" | "update", wrap: Wrap): NestedChangeset {
  return child.action === null ? wrap({ ...stateOf(child), action }) : child;
}
