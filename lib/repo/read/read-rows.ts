import {
  type Cursor,
  encodeCursor,
  type FoundRow,
  type Plan,
  planFor,
  project,
  type QueryAst,
  runPlan,
} from "../../query/index.js";
import type { Tenant } from "../../tenant/index.js";
import { currentTrace } from "../observe/index.js";
import type { Session } from "../transaction/index.js";
import {
  agreedTenant,
  checkOptions,
  operate,
  type ReadOptions,
  type RepoState,
  readOptionNames,
} from "../transaction/index.js";
import { preloadInto } from "./preload.js";

interface Read {
  readonly plan: Plan;
  readonly found: readonly FoundRow[];
}

/** Plans and runs a query in a transaction, with its preloads. */
export async function readIn(session: Session, ast: QueryAst, snapshot = session.snapshot): Promise<Read> {
  const gate = session.reading();
  if (gate !== undefined) await gate;
  const plan = await planFor(session.layer, ast);
  const trace = currentTrace();
  if (trace !== undefined) trace.index = plan.path.index?.name;
  const found = await runPlan(session.layer, ast, plan, { snapshot });
  if (ast.preload.length > 0) {
    const records = found.map(({ record }) => record);
    await preloadInto(session, ast.info!, records, ast.preload, snapshot);
  }
  return { plan, found };
}

/** The rows of a query as the caller gets them. */
export async function readRows<R>(
  state: RepoState,
  ast: QueryAst,
  operation: string,
  options: ReadOptions = {},
): Promise<R[]> {
  checkOptions(operation, options, readOptionNames);
  return operate(state, agreedTenant(options.tenant), async (session) => {
    const { found } = await readIn(session, ast, options.snapshot ?? session.snapshot);
    return found.map(({ record }) => project(ast, record) as R);
  });
}

/** A page: its rows and where the next one starts. */
export interface Page<R> {
  readonly rows: readonly R[];
  /** For `{ after }` of the next call; `null` on the last page. */
  readonly next: Cursor | null;
}

function positionOf(plan: Plan, row: FoundRow): Uint8Array {
  if (plan.arrange === "sequence") return row.position;
  const span = plan.spans.find(({ begin, prefixLength }) =>
    Buffer.from(begin.subarray(0, prefixLength)).equals(row.position.subarray(0, prefixLength)),
  );
  return row.position.subarray(span?.prefixLength ?? 0);
}

/** One page of a query; reads one row more than it returns, to know whether there is another page. */
export async function readPage<R>(
  state: RepoState,
  query: QueryAst,
  size: number,
  options: { readonly after?: Cursor | null; readonly tenant?: Tenant; readonly snapshot?: boolean },
): Promise<Page<R>> {
  const limit = query.limit === undefined ? size + 1 : Math.min(query.limit, size + 1);
  const after = options.after ?? query.after;
  const ast: QueryAst = Object.freeze({ ...query, limit, after: after ?? undefined });
  return operate(state, agreedTenant(options.tenant), async (session) => {
    const { plan, found } = await readIn(session, ast, options.snapshot ?? session.snapshot);
    const rows = found.slice(0, size);
    const last = rows.at(-1);
    const next =
      found.length > size && last !== undefined
        ? encodeCursor(ast, session.tenant, { path: plan.path.name, position: positionOf(plan, last) })
        : null;
    return Object.freeze({ rows: rows.map(({ record }) => project(ast, record) as R), next });
  });
}
