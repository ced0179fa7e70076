/** Reads one page of a query, and the cursor from where the next one starts. */

import { InvalidQueryError, UnsupportedQueryError } from "../../errors.js";
import {
  type Cursor,
  encodeCursor,
  type FoundRow,
  givenBefore,
  type Plan,
  project,
  type QueryAst,
} from "../../query/index.js";
import type { Tenant } from "../../tenant/index.js";
import { agreedTenant, checkOptions, operate, type RepoState } from "../transaction/index.js";
import { type AnyQuery, treeOf } from "./query-tree.js";
import type { ReadOptions } from "./read-options.js";
import { readIn } from "./read-rows.js";

/** A page: its rows and where the next one starts. */
export interface Page<R> {
  readonly rows: readonly R[];
  /** For `{ after }` of the next call; `null` on the last page. */
  readonly next: Cursor | null;
}

function positionOf(plan: Plan, row: FoundRow): Uint8Array {
  if (plan.arrange === "sequence" || plan.kind === "union") return row.position;
  const span = plan.spans.find(({ begin, prefixLength }) =>
    Buffer.from(begin.subarray(0, prefixLength)).equals(row.position.subarray(0, prefixLength)),
  );
  return row.position.subarray(span?.prefixLength ?? 0);
}

/**
 * One page of a query; reads one row more than it returns, to know whether there is another page. The pages of a
 * limited query hold its rows and no more: their cursors tell how many have been given.
 */
export async function readPage<R>(
  state: RepoState,
  query: QueryAst,
  size: number,
  options: { readonly after?: Cursor | null; readonly tenant?: Tenant; readonly snapshot?: boolean },
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
  const ast: QueryAst = Object.freeze({ ...query, limit, after: after ?? undefined });
  return operate(state, agreedTenant(options.tenant), async (session) => {
    const { plan, found } = await readIn(session, ast, options.snapshot ?? session.snapshot);
    const rows = found.slice(0, size);
    const last = rows.at(-1);
    const next =
      found.length > size && last !== undefined
        ? encodeCursor(ast, session.tenant, {
            path: plan.path.name,
            position: positionOf(plan, last),
            ...(left === undefined ? {} : { given: given + size }),
          })
        : null;
    return Object.freeze({ rows: rows.map(({ record }) => project(ast, record) as R), next });
  });
}

/** Options of `page`. */
export interface PageOptions extends ReadOptions {
  /** Rows of a page. */
  readonly limit: number;
  /** `next` of the page before; `null` or absent for the first. */
  readonly after?: Cursor | null;
}

const pageNames: ReadonlySet<string> = new Set(["tenant", "snapshot", "limit", "after"]);

export async function page<R>(state: RepoState, query: AnyQuery<R>, options: PageOptions) {
  checkOptions("page", options ?? {}, pageNames);
  const { limit, after = null, ...read } = options ?? {};
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new InvalidQueryError(
      "repo.page needs { limit }, the rows of a page: repo.page(query, { limit: 20, after }).",
    );
  }
  if (after !== null && typeof after !== "string") {
    throw new InvalidQueryError("{ after } of repo.page is the `next` of another page, or null.");
  }
  return readPage<R>(state, treeOf(query), limit, { ...(read as { tenant?: Tenant }), after });
}
