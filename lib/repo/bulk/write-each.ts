/** Writes each row of a query: in one transaction, or in pages by primary key or index. */

import { InvalidOptionsError, StaleEntryError } from "../../errors.js";
import { layoutOf } from "../../layer/index.js";
import { type Cursor, encodeCursor, type QueryAst, subjectOf } from "../../query/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import { effectiveOptions } from "../options/index.js";
import { type AnyQuery, keyText, preparedIn, readIn, treeOf } from "../read/index.js";
import type { Values, WriteWays } from "../rows/index.js";
import { agreedTenant, operate, type RepoState, type Session } from "../transaction/index.js";
import { allOrNone } from "./all-or-none.js";
import { batchSize } from "./batch-size.js";
import { type BulkOptions, bulkOptionNames } from "./bulk-options.js";

/** What is done with the rows of a page behind that, in the same transaction. */
export type AfterRows = (
  session: Session,
  info: SchemaInfo<Values>,
  rows: readonly Values[],
) => Promise<void>;

/** What is done with a row; gives the record that was written. */
export type WriteRow = (
  session: Session,
  info: SchemaInfo<Values>,
  record: Values,
  ways: WriteWays,
) => Promise<Values>;

/** How the rows of a query are written. */
export interface EachRow {
  readonly write: WriteRow;
  /** What else is to be done for the rows: it concerns others, so that the call works alone in its transaction. */
  readonly afterRows?: AfterRows | undefined;
  /** What is given of each record that was written; without it their number alone. */
  readonly select?: ((record: Values) => unknown) | undefined;
}

/** Rows that were written, and what was selected of them. */
export interface Written {
  readonly count: number;
  readonly records?: readonly unknown[];
}

/** The query of whole records that a query stands for. @throws InvalidOptionsError without a schema */
export function wholeRecords(
  query: AnyQuery<unknown>,
  operation: string,
): QueryAst & { readonly info: SchemaInfo } {
  const ast = treeOf(query);
  if (ast.info === undefined) {
    throw new InvalidOptionsError(
      `repo.${operation} needs a schema, to keep indexes: from(Schema), not from("${ast.source}").`,
    );
  }
  return Object.freeze({ ...ast, info: ast.info, select: undefined, preload: [] });
}

export async function writeEach(
  state: RepoState,
  query: AnyQuery<unknown>,
  operation: string,
  given: BulkOptions,
  { write, afterRows, select }: EachRow,
): Promise<Written> {
  const options = effectiveOptions(state.core.config.defaultOptions, operation, given, bulkOptionNames);
  const ast = wholeRecords(query, operation);
  const size = batchSize(state, operation, options);
  if (ast.ties && size !== undefined) {
    throw new InvalidOptionsError(
      `repo.${operation} with { batch } reads a query in pieces, of which each would have ties of its own; leave out ` +
        "{ withTies }, or { batch }.",
    );
  }
  const records: unknown[] = [];
  const outcomeOf = (count: number): Written =>
    Object.freeze(select === undefined ? { count } : { count, records: Object.freeze(records) });
  let total = 0;
  let batches = 0;
  let after: Cursor | undefined = ast.after as Cursor | undefined;
  const written = new Set<string>();
  for (;;) {
    const left = ast.limit === undefined ? undefined : ast.limit - total;
    const limit = size === undefined ? left : Math.min(size, left ?? size);
    if (limit === 0) return outcomeOf(total);
    const asked: QueryAst = Object.freeze({ ...ast, limit, after });
    const writePage = async (session: Session) => {
      const page = preparedIn(state, session, operation, asked, options);
      const { attempt } = session.layer;
      // From here on it is noted which rows are written, so that each is read once only.
      const begun = attempt.beginRead();
      try {
        const { plan, found } = await readIn(state, session, operation, page, options);
        // A snapshot is no promise that a row stays as it is, and a filter may have changed the record in place.
        const since = session.snapshot || page.filters.length > 0 ? undefined : begun;
        // A row that its own update has moved further along the index comes up again in a later page.
        const moves = size !== undefined && plan.kind !== "primary";
        const fresh = moves ? found.filter(({ record }) => !written.has(keyTextOf(ast.info, record))) : found;
        const info = ast.info as SchemaInfo<Values>;
        // As in one statement of SQL, unique values are judged by what is stored in the end.
        const rows = await attempt.judged(() =>
          allOrNone(
            fresh.map(({ record }) =>
              attempt.order.run((place) =>
                writeIfThere(() => write(session, info, record as Values, { place, since })),
              ),
            ),
          ),
        );
        await afterRows?.(
          session,
          info,
          fresh.filter((_, at) => rows[at] !== undefined).map(({ record }) => record as Values),
        );
        const last = found.at(-1);
        const more = size !== undefined && last !== undefined && found.length === limit;
        if (more && plan.arrange === "merge" && plan.kind !== "union") throw mergedBatches(ast, operation);
        const next = more
          ? encodeCursor(page, session.tenant, { path: plan.path.name, position: last.position })
          : undefined;
        return {
          written: rows.filter((row) => row !== undefined),
          keys: moves ? fresh.map(({ record }) => keyTextOf(ast.info, record)) : [],
          next,
        };
      } finally {
        attempt.endRead();
      }
    };
    const tenant = agreedTenant(options.tenant);
    const outcome = await operate(
      state,
      tenant,
      (session) => inPlace(state, afterRows !== undefined, () => session.whole(writePage)),
      options,
    );
    total += outcome.written.length;
    if (select !== undefined) for (const record of outcome.written) records.push(select(record));
    for (const key of outcome.keys) written.add(key);
    options.onProgress?.({ rows: total, batches: ++batches });
    if (outcome.next === undefined) return outcomeOf(total);
    after = outcome.next;
  }
}

function inPlace<T>({ place }: RepoState, alone: boolean, run: () => Promise<T>): Promise<T> {
  if (place === undefined) return run();
  return alone ? place.alone(run) : place.several(run);
}

/** A row that was found and is gone now was deleted by this transaction itself: it is none of those to be written. */
async function writeIfThere(write: () => Promise<Values>): Promise<Values | undefined> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof StaleEntryError && error.missing) return undefined;
    throw error;
  }
}

const keyTextOf = (info: SchemaInfo, record: object): string => keyText(layoutOf(info).keyOf(record));

function mergedBatches(ast: QueryAst, operation: string): InvalidOptionsError {
  return new InvalidOptionsError(
    `repo.${operation} with { batch } cannot follow several merged key ranges of ${subjectOf(ast)}; leave out .orderBy().`,
  );
}
