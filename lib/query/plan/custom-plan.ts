/** Plans a query through a custom index that answers exactly its conditions. */

import { UnsupportedQueryError } from "../../errors.js";
import { type IndexInfo, indexerNamed, type SourceMetadata } from "../../layer/index.js";
import { totalOrder } from "../evaluate/index.js";
import { type QueryAst, subjectOf } from "../words/index.js";
import type { Plan } from "./plan.js";

/** A custom index answers equalities on exactly its fields, by the range that its indexer gives. */
function serves(ast: QueryAst, index: IndexInfo): boolean {
  if (index.kind !== "custom" || index.state !== "readable" || index.indexer === undefined) return false;
  const asked = new Set(ast.where.map(({ field }) => field));
  return (
    ast.or.length === 0 &&
    ast.where.length > 0 &&
    ast.where.every(({ op }) => op === "eq") &&
    asked.size === ast.where.length &&
    asked.size === index.fields.length &&
    index.fields.every((field) => asked.has(field)) &&
    indexerNamed(index.indexer, index).range !== undefined
  );
}

/** The plan of a query through a custom index, when one serves it. */
export function customPlan(ast: QueryAst, metadata: SourceMetadata): Plan | undefined {
  const index = metadata.indexes.find(
    (one) => (ast.using === undefined || ast.using === one.name) && serves(ast, one),
  );
  if (index === undefined) return undefined;
  if (
    ast.after !== undefined ||
    ast.distinct !== undefined ||
    (ast.order.length > 0 && ast.limit !== undefined)
  ) {
    throw new UnsupportedQueryError(
      `The custom index "${index.name}" of ${subjectOf(ast)} gives rows in an order of its own, so a query through it has ` +
        "no cursor, no .distinct(), and no .orderBy() together with a limit. Leave that out, or index the field plainly.",
    );
  }
  return Object.freeze({
    kind: "custom",
    path: {
      name: index.name,
      index,
      fields: index.fields,
      narrowing: index.fields,
      own: index.fields.length,
      include: [],
    },
    spans: [],
    arrange: "sequence",
    reverse: ast.order.length === 0 && ast.reverse,
    order: totalOrder(ast),
    sort: ast.order.length > 0 ? totalOrder(ast) : undefined,
    limit: ast.limit,
    residual: [],
    alternatives: [],
    filters: ast.filters.length,
    fetch: true,
    distinct: undefined,
    union: undefined,
  });
}
