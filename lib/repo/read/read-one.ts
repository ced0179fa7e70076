import { MultipleResultsError, NoResultsError } from "../../errors.js";
import { dataKey, readRecord } from "../../layer/index.js";
import { astOf, type QueryAst, type Selects, subjectOf } from "../../query/index.js";
import { type SchemaClass, schemaOf } from "../../schema/index.js";
import {
  agreedTenant,
  checkOptions,
  operate,
  type ReadOptions,
  type RepoState,
  readOptionNames,
} from "../transaction/index.js";
import { keyOfId } from "./primary-key.js";
import { readRows } from "./read-rows.js";

const none: ReadOptions = {};

/** One record by primary key: one point read. */
export async function get<T extends object>(
  state: RepoState,
  schema: SchemaClass<T>,
  id: unknown,
  options: ReadOptions = none,
): Promise<T | null> {
  if (options !== none) checkOptions("get", options, readOptionNames);
  const info = schemaOf(schema);
  const pk = keyOfId(info, id);
  return operate(state, agreedTenant(options.tenant), async (session) => {
    const { layer } = session;
    const snapshot = options.snapshot ?? session.snapshot;
    if (!snapshot) {
      const turn = session.turn(() => dataKey(layer, info, pk), false);
      if (turn !== undefined) await turn;
    }
    return readRecord<T>(layer, info, pk, { snapshot });
  });
}

export function noResults(what: string): NoResultsError {
  return new NoResultsError(
    `${what} found nothing where one row was expected. The method without OrThrow gives null instead.`,
  );
}

export async function getOrThrow<T extends object>(
  state: RepoState,
  schema: SchemaClass<T>,
  id: unknown,
  options?: ReadOptions,
): Promise<T> {
  const record = await get(state, schema, id, options);
  if (record === null) throw noResults(`${schemaOf(schema).name} with the key ${String(id)}: the query`);
  return record;
}

/** The row of a query that finds at most one; reads two at most. */
export async function one<R>(
  state: RepoState,
  query: Selects<R> | SchemaClass<object>,
  options: ReadOptions = none,
): Promise<R | null> {
  const ast = astOf(query);
  const limited: QueryAst = Object.freeze({ ...ast, limit: Math.min(ast.limit ?? 2, 2) });
  const rows = await readRows<R>(state, limited, "one", options);
  if (rows.length <= 1) return rows[0] ?? null;
  throw new MultipleResultsError(
    `A query on ${subjectOf(ast)} that must find at most one row found more. ` +
      "Narrow its conditions, or take the first: query.first().",
  );
}

export async function oneOrThrow<R>(
  state: RepoState,
  query: Selects<R> | SchemaClass<object>,
  options?: ReadOptions,
): Promise<R> {
  const row = await one<R>(state, query, options);
  if (row === null) throw noResults(`A query on ${subjectOf(astOf(query))}`);
  return row;
}
