/** A relation or embed in the one form in which changesets treat both. */

import { ChangesetError } from "../../errors.js";
import type { AssociationDefaults, OnReplace, SchemaInfo } from "../../schema/index.js";
import type { ChangesetState } from "../state/index.js";

export interface Relation {
  readonly name: string;
  readonly kind: "belongsTo" | "hasOne" | "hasMany" | "manyToMany" | "embed";
  readonly many: boolean;
  readonly target: SchemaInfo;
  readonly onReplace: OnReplace;
  /** None for an embed, and for a many-to-many relation. */
  readonly foreignKeys: readonly string[];
  /** What new related records begin with. */
  readonly defaults?: AssociationDefaults | undefined;
  /** Whether a record that is named twice is refused. */
  readonly unique?: boolean;
}

function readOnly(info: SchemaInfo, name: string, through: readonly string[]): ChangesetError {
  const [first = "", ...rest] = through;
  return new ChangesetError(
    `${info.name}.${name} goes through ${through.join(" and ")}, so it can only be read. Change the relation that it goes ` +
      `through: castAssoc("${first}") or putAssoc("${first}", …), whose records have ${rest.join(" and ")}. ` +
      "(A list that is changed by itself is a @ManyToMany.)",
  );
}

/** As {@link readableRelation}, for one that is to be changed: not through others. */
export function relationOf(state: ChangesetState, name: string, what: "assoc" | "embed"): Relation {
  const relation = readableRelation(state, name, what);
  const { info } = state.fields;
  const through = what === "assoc" ? info?.association(name).through : undefined;
  if (info !== undefined && through !== undefined) throw readOnly(info, name, through);
  return relation;
}

/** The relation or embed of that name. Throws `ChangesetError` or `UnknownFieldError`. */
export function readableRelation(state: ChangesetState, name: string, what: "assoc" | "embed"): Relation {
  const { info } = state.fields;
  if (info === undefined)
    throw new ChangesetError("A changeset without a schema has no relations and no embeds.");
  if (what === "assoc") {
    if (info.hasEmbed(name)) {
      throw new ChangesetError(
        `${info.name}.${name} is an embed; write castEmbed("${name}") or putEmbed("${name}", …).`,
      );
    }
    const association = info.association(name);
    const { kind, cardinality, target, onReplace, foreignKeys, defaults } = association;
    const unique = association.kind === "manyToMany" && association.join().unique;
    const many = cardinality === "many";
    return { name, kind, many, target: target(), onReplace, foreignKeys, defaults, unique };
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
    foreignKeys: [],
  };
}
