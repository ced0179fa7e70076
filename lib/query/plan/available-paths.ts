/** Finds the paths that a query may take: the readable ones, that of `.using`, or that of its cursor. */

import { InvalidCursorError, InvalidQueryError, UnsupportedQueryError } from "../../errors.js";
import type { SourceMetadata } from "../../layer/index.js";
import { type QueryAst, subjectOf } from "../words/index.js";
import { type AccessPath, indexPath, primaryPath } from "./access-path.js";

const known = new WeakMap<SourceMetadata, WeakMap<object, readonly AccessPath[]>>();
/** Stands for the schema of a query on a source name. */
const NO_SCHEMA = {};

/** Of one schema and one state of the indexes they are made once. */
export function availablePaths(ast: QueryAst, metadata: SourceMetadata): readonly AccessPath[] {
  const schema = ast.info ?? NO_SCHEMA;
  const bySchema = known.get(metadata) ?? new WeakMap<object, readonly AccessPath[]>();
  let paths = bySchema.get(schema);
  if (paths === undefined) {
    paths = pathsOf(ast, metadata);
    bySchema.set(schema, paths);
    known.set(metadata, bySchema);
  }
  return paths;
}

function pathsOf(ast: QueryAst, metadata: SourceMetadata): readonly AccessPath[] {
  const readable = metadata.indexes.filter(({ kind, state }) => kind === "index" && state === "readable");
  const paths = readable.map((index) => indexPath(ast.info, index)).filter((path) => path !== undefined);
  return [primaryPath(ast.info), ...paths];
}

/** The path named by `.using`, which must exist and be complete. */
export function pinnedPath(ast: QueryAst, metadata: SourceMetadata, name: string): AccessPath {
  const path = availablePaths(ast, metadata).find((available) => available.name === name);
  if (path !== undefined) return path;
  const index = metadata.indexes.find((registered) => registered.name === name);
  if (index?.kind === "index" && index.state !== "readable") {
    const state = index.state === "writeOnly" ? "still being built" : "being dropped";
    throw new UnsupportedQueryError(
      `Index "${name}" of ${subjectOf(ast)} is ${state} and cannot answer queries. Leave out .using("${name}").`,
    );
  }
  const names = availablePaths(ast, metadata).map((available) => `"${available.name}"`);
  throw new InvalidQueryError(`${subjectOf(ast)} has no index "${name}"; .using takes ${names.join(", ")}.`);
}

/** The path that gave a cursor must still be there. */
export function pathOfCursor(ast: QueryAst, metadata: SourceMetadata, name: string): AccessPath {
  const path = availablePaths(ast, metadata).find((available) => available.name === name);
  if (path === undefined) {
    throw new InvalidCursorError(
      `The cursor follows the index "${name}" of ${subjectOf(ast)}, which was dropped since. Leave the cursor out to start over.`,
    );
  }
  return path;
}
