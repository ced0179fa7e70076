/** Reads the rows of a query page by page, each page in a transaction of its own. */

import { InvalidQueryError } from "../../errors.js";
import type { Cursor } from "../../query/index.js";
import { showValue } from "../../schema/index.js";
import { observed } from "../observe/index.js";
import { checkOptions, type RepoState } from "../transaction/index.js";
import { type Page, readPage } from "./page.js";
import { type AnyQuery, treeOf } from "./query-tree.js";
import type { ReadOptions } from "./read-options.js";

/** Options of `stream`. */
export interface StreamOptions extends ReadOptions {
  /** Rows for each transaction; default 500. */
  readonly batch?: number;
}

const streamNames: ReadonlySet<string> = new Set(["tenant", "snapshot", "batch"]);

export async function* stream<R>(
  state: RepoState,
  query: AnyQuery<R>,
  options: StreamOptions = {},
): AsyncGenerator<R> {
  checkOptions("stream", options, streamNames);
  const { batch = 500, ...given } = options;
  if (!Number.isSafeInteger(batch) || batch < 1) {
    throw new InvalidQueryError(
      `{ batch } of repo.stream is a whole number of at least 1, not ${showValue(batch)}.`,
    );
  }
  const ast = treeOf(query);
  if (ast.limit === 0) return;
  let after: Cursor | null = null;
  do {
    const place: Cursor | null = after;
    const read = () => readPage<R>(state, ast, batch, { ...given, after: place });
    const page: Page<R> = await observed("stream", query, state.core, read);
    yield* page.rows;
    after = page.next;
  } while (after !== null);
}
