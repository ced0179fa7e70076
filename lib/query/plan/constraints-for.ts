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

/** Of the query planned last, which asks once for each of its paths; with a schema they come to the same on all. */
let last:
  | undefined
  | {
      readonly where: QueryAst["where"];
      readonly info: SchemaInfo;
      readonly constraints: Constraints;
    };

export function constraintsFor(ast: QueryAst, path: AccessPath): Constraints {
  const { where, info } = ast;
  if (info === undefined) return foldConditions(where, encodingsFor(ast, path));
  if (last?.where !== where || last.info !== info)
    last = { where, info, constraints: foldConditions(where, encodingsFor(ast, path)) };
  return last.constraints;
}
