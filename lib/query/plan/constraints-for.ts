/** Folds the conditions of a query with the encodings that a path uses for its fields. */

import { builtinType, type SchemaInfo } from "../../schema/index.js";
import { type Constraint, foldConditions } from "../evaluate/index.js";
import { encodingIn, encodingOfType, type FieldEncoding, type QueryAst } from "../words/index.js";
import type { AccessPath } from "./access-path.js";

/** Without a schema, the index's own registration tells how its fields are encoded. */
export function encodingsFor(ast: QueryAst, path: AccessPath): (field: string) => FieldEncoding {
  return (field) => {
    const at = ast.info === undefined && path.index !== undefined ? path.index.fields.indexOf(field) : -1;
    const type = at >= 0 ? builtinType(path.index!.types[at]!) : undefined;
    return type === undefined
      ? encodingIn(ast, field)
      : encodingOfType(JSON.stringify(ast.source), field, type);
  };
}

export type Constraints = ReadonlyMap<string, Constraint>;

/** By the conditions of a query; with a schema they come to the same on every path. */
const folded = new WeakMap<
  QueryAst["where"],
  { readonly info: SchemaInfo; readonly constraints: Constraints }
>();

export function constraintsFor(ast: QueryAst, path: AccessPath): Constraints {
  const { where, info } = ast;
  if (info === undefined) return foldConditions(where, encodingsFor(ast, path));
  const known = folded.get(where);
  if (known?.info === info) return known.constraints;
  const constraints = foldConditions(where, encodingsFor(ast, path));
  folded.set(where, { info, constraints });
  return constraints;
}
