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
  comparePlan,
  emptyAst,
  planAfter,
  planBehind,
  planFor,
  type QueryAst,
  runPlan,
  wholeRows,
} from "../../query/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import { type TupleItem, type Versionstamp } from "../../tuple/index.js";
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

  async rows(ast: QueryAst, _info: SchemaInfo, limit?: number, after?: object): Promise<ReadResult> {
    // Planned as the query stands, so that rows come in its order; but read whole.
    const plan = wholeRows(await planFor(this.ctx, { ...ast, limit }));
    const compare = comparePlan(ast, plan);
    const rest = after === undefined ? plan : planBehind(ast, plan, after);
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
