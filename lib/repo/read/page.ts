/** Reads one page of a query, and the cursor from where the next one starts. */

import { InvalidQueryError, UnsupportedQueryError } from "../../errors.js";
import {
  type Cursor,
  encodeCursor,
  givenBefore,
  positionAfter,
  project,
  type QueryAst,
} from "../../query/index.js";
import type { Effective } from "../options/index.js";
import { agreedTenant, operate, type RepoState, type Session } from "../transaction/index.js";
import { type AnyQuery, treeOf } from "./query-tree.js";
import { type ReadOptions, readOptionNames, readOptions } from "./read-options.js";
import { preparedIn, readIn } from "./read-rows.js";

/** A page: its rows and where the next one starts. */
export interface Page<R> {
  /** At most `limit` rows, in the query's order. */
  readonly rows: readonly R[];
  /** For `{ after }` of the next call; `null` on the last page. */
  readonly next: Cursor | null;
}

/**
 * One page of a query; reads one row more than it returns, to know whether there is another page. The pages of a
 * limited query hold its rows and no more: their cursors tell how many have been given.
 */
export async function readPage<R>(
  state: RepoState,
  query: QueryAst,
  size: number,
  operation: "page" | "stream" | "insertAll",
  options: Effective<ReadOptions> & { readonly after?: Cursor | null },
  within: Within = {},
): Promise<Page<R>> {
  if (query.ties) {
    throw new UnsupportedQueryError(
      "repo.page and repo.stream read a query in pieces, of which each would have ties of its own. Leave out { withTies }, or " +
        "read the rows at once by repo.all.",
    );
  }
  const after = options.after ?? query.after;
  const given = query.limit === undefined || !options.after ? 0 : givenBefore(options.after);
  const left = query.limit === undefined ? undefined : Math.max(query.limit - given, 0);
  const limit = Math.min(left ?? size + 1, size + 1);
  const asked: QueryAst = Object.freeze({ ...query, limit, after: after ?? undefined });
  const read = async (session: Session): Promise<Page<R>> => {
    await within.before?.(session);
    const ast = preparedIn(state, session, operation, asked, options);
    const { plan, found } = await readIn(state, session, operation, ast, options);
    const rows = found.slice(0, size);
    const last = rows.at(-1);
    const next =
      found.length > size && last !== undefined
        ? encodeCursor(ast, session.tenant, {
            path: plan.path.name,
            position: positionAfter(plan, last.position),
            ...(left === undefined ? {} : { given: given + size }),
          })
        : null;
    const shown = rows.map(({ record }) => project(ast, record) as R);
    await within.after?.(session, shown);
    return Object.freeze({ rows: shown, next });
  };
  return operate(state, agreedTenant(options.tenant), read, options);
}

/** What is done in the transaction of a page besides. */
export interface Within {
  before?(session: Session): Promise<void>;
  after?(session: Session, rows: readonly unknown[]): Promise<void>;
}

/** Options of `page`. */
export interface PageOptions extends ReadOptions {
  /** Rows of a page, at most: a whole number of at least 1, required. */
  readonly limit: number;
  /** `next` of the page before; `null`, the default, for the first. */
  readonly after?: Cursor | null;
}

const pageNames: ReadonlySet<string> = new Set([...readOptionNames, "limit", "after"]);

export async function page<R>(state: RepoState, query: AnyQuery<R>, given: PageOptions) {
  const options = readOptions(state, "page", given ?? {}, pageNames);
  const { limit, after = null } = options;
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new InvalidQueryError(
      "repo.page needs { limit }, the rows of a page: repo.page(query, { limit: 20, after }).",
    );
  }
  if (after !== null && typeof after !== "string") {
    throw new InvalidQueryError("{ after } of repo.page is the `next` of another page, or null.");
  }
  return readPage<R>(state, treeOf(query), limit, "page", { ...options, after });
}
