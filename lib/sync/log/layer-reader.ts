/** Reads logs and rows for Sync through the layer, within one transaction. */

import type { Watch } from "../../engine/index.js";
import {
  headVersion,
  type LayerContext,
  type LogBatch,
  metadataOf,
  readLog,
  readRecord,
  type SourceMetadata,
  verifyTenant,
} from "../../layer/index.js";
import {
  compareBy,
  emptyAst,
  encodingOf,
  type Plan,
  planAfter,
  planFor,
  type QueryAst,
  runPlan,
} from "../../query/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import { pack, type TupleItem, type Versionstamp } from "../../tuple/index.js";
import type { Reader, ReadResult } from "./reader.js";

/** All reads are snapshots: Sync never makes a writer retry and never retries because of one. */
export class LayerReader implements Reader {
  readonly tenant: Tenant;

  constructor(
    private readonly ctx: LayerContext,
    readonly version: bigint,
  ) {
    this.tenant = ctx.tenant;
  }

  metadata(source: string): Promise<SourceMetadata> {
    return metadataOf(this.ctx, source);
  }

  log(
    source: string,
    after: bigint | Versionstamp,
    options: { limit?: number; following?: boolean } = {},
  ): Promise<LogBatch> {
    return readLog(this.ctx.tx, this.tenant, source, { after, through: this.version, ...options });
  }

  head(source: string): Promise<bigint> {
    return headVersion(this.ctx.tx, this.tenant, source);
  }

  verify(): Promise<void> {
    return verifyTenant(this.ctx);
  }

  row(info: SchemaInfo, pk: readonly TupleItem[]): Promise<object | null> {
    return readRecord(this.ctx, info, pk, { snapshot: true });
  }

  async rows(ast: QueryAst, info: SchemaInfo, limit?: number, after?: object): Promise<ReadResult> {
    const planned = await planFor(this.ctx, { ...ast, limit });
    // Planned as the query stands, so that rows come in its order; but read whole.
    const plan: Plan = { ...planned, fetch: planned.kind === "index" };
    const compare = compareBy(ast, plan.order);
    const rest = after === undefined ? plan : behind(plan, info, after);
    const found = await runPlan(this.ctx, ast, rest ?? { ...plan, limit: undefined }, { snapshot: true });
    let rows = found.map(({ record }) => record);
    if (rest === undefined && after !== undefined) {
      rows = rows.filter((row) => compare(row, after) > 0).slice(0, limit);
    }
    return { rows, compare };
  }

  async page(info: SchemaInfo, limit: number, after?: Uint8Array): Promise<readonly object[]> {
    const ast = { ...emptyAst(info.source, info), limit };
    const whole = await planFor(this.ctx, ast);
    const plan = after === undefined ? whole : planAfter(whole, { path: whole.path.name, position: after });
    return (await runPlan(this.ctx, ast, plan, { snapshot: true })).map(({ record }) => record);
  }

  watch(key: Uint8Array): Watch {
    return this.ctx.tx.watch(key);
  }
}

/** The part of a plan behind a row; undefined where rows are not read in one run of keys. */
function behind(plan: Plan, info: SchemaInfo, row: object): Plan | undefined {
  if (plan.sort !== undefined || plan.arrange !== "sequence" || plan.distinct !== undefined) return undefined;
  const values = row as Readonly<Record<string, unknown>>;
  const items = plan.path.fields.map((field) => {
    const value = values[field] ?? null;
    return value === null ? null : encodingOf(info, field).item(value);
  });
  return planAfter(plan, { path: plan.path.name, position: pack(items) });
}
