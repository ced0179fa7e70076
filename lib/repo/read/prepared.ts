/** Hands a query to the Repo's `prepareQuery`, and sees that it comes back as the same one with more to it. */

import { InvalidQueryError } from "../../errors.js";
import { astOf, type Query, type QueryAst, queryOf, subjectOf } from "../../query/index.js";
import { type SchemaInfo, showValue } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import type { RepoCore } from "../transaction/index.js";

/** What the hook is told of a call. */
export interface Asking {
  readonly operation: string;
  readonly tenant: Tenant | undefined;
  readonly context: unknown;
}

/** What must be as it was, or the caller gets something else than it asked for. */
const kept = ["source", "info", "select", "limit", "ties", "after", "distinct", "preload"] as const;

/** @throws InvalidQueryError for what is not the same query with further conditions or another order */
export function preparedBy(core: RepoCore, ast: QueryAst, { operation, tenant, context }: Asking): QueryAst {
  const { prepareQuery } = core.config;
  if (prepareQuery === undefined) return ast;
  const schema = ast.info?.schema;
  const given: unknown = prepareQuery(operation, queryOf(ast) as Query<never> as never, {
    schema,
    source: ast.source,
    tenant,
    context,
  });
  const prepared = treeOrNone(given);
  if (prepared === undefined) {
    throw new InvalidQueryError(
      `prepareQuery gives the query to run, and gave ${showValue(given)} for repo.${operation} on ${subjectOf(ast)}. ` +
        "Return the query that it is given, also where nothing is added; it cannot be asynchronous.",
    );
  }
  for (const part of kept) {
    if (prepared[part] === ast[part]) continue;
    throw new InvalidQueryError(
      `prepareQuery has changed the ${part === "info" ? "schema" : part} of a query on ${subjectOf(ast)}; it may add conditions ` +
        "(where, filter, scan), say an index (using) and an order.",
    );
  }
  return prepared;
}

function treeOrNone(given: unknown): QueryAst | undefined {
  try {
    return typeof given === "object" && given !== null ? astOf(given) : undefined;
  } catch (error) {
    if (error instanceof InvalidQueryError) return undefined;
    throw error;
  }
}

/** The query of a schema as it is prepared for reads by key, whose rows are then tested; undefined without a hook. */
export function preparedTest(core: RepoCore, info: SchemaInfo, asking: Asking): QueryAst | undefined {
  return core.config.prepareQuery === undefined ? undefined : preparedBy(core, astOf(info.schema), asking);
}
