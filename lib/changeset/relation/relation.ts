/** A relation or embed in the one form in which changesets treat both. */

import { ChangesetError } from "../../errors.js";
import type { OnReplace, SchemaInfo } from "../../schema/index.js";
import type { ChangesetState } from "../state/index.js";

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
