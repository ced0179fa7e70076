/** Inserts records that are made of the rows of a query, which are read in the same transaction. */

import { isDeepStrictEqual } from "node:util";
import { InvalidOptionsError } from "../../errors.js";
import { project, type QueryAst } from "../../query/index.js";
import { type SchemaClass, type SchemaInfo, schemaOf, showValue } from "../../schema/index.js";
import { batchSize } from "../bulk/index.js";
import { type Effective, effectiveOptions } from "../options/index.js";
import { type AnyQuery, preparedIn, readIn, readPage, treeOf } from "../read/index.js";
import { type Conflict, conflictOf, type Values, wasStored } from "../rows/index.js";
import { agreedTenant, operate, type RepoState, type Session } from "../transaction/index.js";
import { type Given, givenInsert } from "./given.js";
import { insertRows } from "./insert-rows.js";
import { type Bulk, bulkOf, refuseStampedReturning } from "./inserted.js";
import { valid } from "./valid.js";
import { type InsertAllOptions, insertAllOptionNames } from "./write-options.js";

/** Makes of a row what is inserted: attributes, a record or a changeset. */
export type MakeRow = (row: never) => unknown;

/** @throws InvalidOptionsError, and what inserts throw */
export async function insertFromQuery(
  state: RepoState,
  schema: SchemaClass<object>,
  query: AnyQuery<unknown>,
  make: MakeRow | undefined,
  asked: InsertAllOptions = {},
): Promise<Bulk<unknown>> {
  const { core } = state;
  const options = effectiveOptions(core.config.defaultOptions, "insertAll", asked, insertAllOptionNames);
  const info = schemaOf(schema) as SchemaInfo<Values>;
  const ast = treeOf(query);
  if (make !== undefined && typeof make !== "function") {
    throw new InvalidOptionsError(
      `repo.insertAll(${info.name}, query, …) takes a function that makes attributes of a row: (row) => ({ … }), not ${showValue(make)}.`,
    );
  }
  const conflict = conflictOf(info, options.onConflict, options.conflictTarget);
  refuseStampedReturning(state, info, options.returning);
  const size = batchSize(state, "insertAll", options);
  if (size === undefined) {
    const kept = new KeptRows(schema, make, () => core.clock());
    const write = async (session: Session) => {
      const prepared = preparedIn(state, session, "insertAll", ast, {});
      const { found } = await readIn(state, session, "insertAll", prepared);
      const rows = found.map(({ record }) => project(prepared, record));
      return insertRows(state, session, await kept.given(rows), conflict);
    };
    const stored = await operate(state, agreedTenant(options.tenant), write, options);
    const bulk = bulkOf(info, taken(stored, conflict), options);
    options.onProgress?.({ rows: bulk.count, batches: 1 });
    return bulk;
  }
  refuseOwnSource(info, ast);
  return inBatches(state, schema, ast, make, { conflict, size, options });
}

interface Ways {
  readonly conflict: Conflict;
  readonly size: number;
  readonly options: Effective<InsertAllOptions>;
}

/** Each batch is read by the transaction that inserts it. */
async function inBatches(
  state: RepoState,
  schema: SchemaClass<object>,
  ast: QueryAst,
  make: MakeRow | undefined,
  { conflict, size, options }: Ways,
): Promise<Bulk<unknown>> {
  const info = schemaOf(schema) as SchemaInfo<Values>;
  const records: Values[] = [];
  let after: QueryAst["after"] | null = ast.after;
  for (let batches = 1; ; batches++) {
    const kept = new KeptRows(schema, make, () => state.core.clock());
    const write = async (session: Session) => {
      const from = { after: (after ?? null) as never };
      const page = await readPage({ ...state, session }, ast, size, "insertAll", from);
      const given = await kept.given(page.rows);
      return { stored: await insertRows(state, session, given, conflict), next: page.next };
    };
    const { stored, next } = await operate(state, agreedTenant(options.tenant), write, options);
    records.push(...taken(stored, conflict));
    options.onProgress?.({ rows: records.length, batches });
    if (next === null) return bulkOf(info, records, options);
    after = next;
  }
}

const taken = (stored: readonly Values[], { onConflict }: Conflict): readonly Values[] =>
  onConflict === "nothing" ? stored.filter(wasStored) : stored;

/**
 * What was made of rows, for the attempts after the first: an attempt that may have been committed meets its own records
 * again, with the ids that were generated for them.
 */
class KeptRows {
  #kept: readonly { readonly row: unknown; readonly given: Given }[] = [];

  constructor(
    private readonly schema: SchemaClass<object>,
    private readonly make: MakeRow | undefined,
    private readonly clock: () => Date,
  ) {}

  async given(rows: readonly unknown[]): Promise<readonly Given[]> {
    const before = this.#kept;
    this.#kept = await Promise.all(
      rows.map(async (row, at) => {
        const same = before[at];
        if (same !== undefined && isDeepStrictEqual(same.row, row)) return same;
        const input = this.make === undefined ? row : this.make(row as never);
        return { row, given: await valid(givenInsert(this.schema, input, this.clock)) };
      }),
    );
    return this.#kept.map(({ given }) => given);
  }
}

/** A batch would read again what those before it have inserted. */
function refuseOwnSource(info: SchemaInfo, { source }: QueryAst): void {
  if (source !== info.source) return;
  throw new InvalidOptionsError(
    `repo.insertAll(${info.name}, query, …) with { batch } cannot read the source that it writes ("${source}"): a later batch would ` +
      "read what an earlier one has inserted. Leave { batch } out, so that all is read before anything is written.",
  );
}
