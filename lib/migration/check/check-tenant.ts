/** Checks all indexes, counters and chunks of a tenant against its records, and repairs what can be. */

import {
  type Engine,
  EngineError,
  firstGreaterOrEqual,
  isMaybeCommitted,
  transact,
} from "../../engine/index.js";
import {
  createContext,
  type IndexInfo,
  type LayerContext,
  type Maintenance,
  maintenanceOf,
  metadataOf,
  metaKeys,
  readIndexes,
  schemaless,
  sourceKeys,
} from "../../layer/index.js";
import { type SchemaClass, type SchemaInfo, schemaOf } from "../../schema/index.js";
import { space, type Tenant } from "../../tenant/index.js";
import { pack, unpack } from "../../tuple/index.js";
import type { MigrateOptions, MigrationHost } from "../run/index.js";
import { checkEntries } from "./check-entries.js";
import { type CheckReport, type CheckStep, Findings } from "./check-report.js";
import { checkRows } from "./check-rows.js";
import { countAtOnce } from "./count-at-once.js";
import { countUnderWriters } from "./count-under-writers.js";
import { type Difference, problemOf, repairCounter } from "./counter-difference.js";

/** Options of `checkTenant`. */
export interface CheckOptions {
  /**
   * Puts right what can be: entries, counters and chunks follow the records. Damaged records are only reported. Default
   * false.
   */
  readonly repair?: boolean;
  /** Schemas whose fields have custom types; other sources need none. Default: none. */
  readonly schemas?: readonly SchemaClass[];
  /** Only these sources. Default: all of the tenant. */
  readonly sources?: readonly string[];
  /** Bytes of records compared in one transaction, default 500,000. */
  readonly stepBytes?: number;
  /** Milliseconds that counting all records of a source in one transaction may take, default 3,000. */
  readonly countMs?: number;
  /** Told after each step, with what was found so far. Default: nobody is. */
  readonly onProgress?: (progress: CheckReport) => void;
  /** Ends the check between two steps: the call rejects with its reason. Default: none. */
  readonly signal?: AbortSignal;
}

/**
 * Compares every index, unique index, counter and chunk of a tenant with its records, while everything goes on. Each
 * comparison is made at one version, so writers never cause a false alarm.
 *
 * @example
 * const { problems } = await checkTenant(repo, tenant, { repair: true });
 * @throws TenantGoneError
 */
export async function checkTenant(
  host: MigrationHost,
  tenant: Tenant,
  options: CheckOptions = {},
): Promise<CheckReport> {
  const check = new Check(host, await host.engine(), tenant, options);
  return check.run();
}

class Check {
  private readonly findings = new Findings();
  private readonly schemas: ReadonlyMap<string, SchemaInfo>;

  constructor(
    private readonly host: MigrationHost,
    private readonly engine: Engine,
    private readonly tenant: Tenant,
    private readonly options: CheckOptions,
  ) {
    const infos = (options.schemas ?? []).map((schema) => schemaOf(schema) as unknown as SchemaInfo);
    this.schemas = new Map(infos.map((info) => [info.source, info]));
  }

  async run(): Promise<CheckReport> {
    for (const [source, info] of await this.sources()) {
      this.findings.sources.add(source);
      await this.steps(info, (ctx, maintenance, begin) =>
        checkRows(ctx, maintenance, begin ?? maintenance.keys.dataRange.begin, this.stepBytes, this.repair),
      );
      const maintenance = await this.read((ctx) => this.maintenance(ctx, info));
      for (const index of maintenance.indexes) {
        if (index.info.state === "readable") await this.checkIndex(info, index.info.name);
      }
      await this.checkCounters(info, maintenance);
      this.reportUnfinished(maintenance);
    }
    return this.findings.report();
  }

  private get repair(): boolean {
    return this.options.repair === true;
  }

  private get stepBytes(): number {
    return this.options.stepBytes ?? 500_000;
  }

  /** Every source with records or registrations, with the schema to read it by. */
  private async sources(): Promise<Map<string, SchemaInfo>> {
    const { indexes, names } = await this.read(async (ctx) => ({
      indexes: await readIndexes(ctx.tx, this.tenant, metaKeys.allIndexes(this.tenant)),
      names: await storedSources(ctx),
    }));
    const keys = new Map<string, IndexInfo["key"]>();
    for (const { source, key } of indexes) if (key.length > 0 || !keys.has(source)) keys.set(source, key);
    const wanted = this.options.sources;
    const all = [...new Set([...names, ...keys.keys()])].filter((name) => wanted?.includes(name) ?? true);
    return new Map(
      all.sort().map((name) => [name, this.schemas.get(name) ?? schemaless(name, keys.get(name) ?? [])]),
    );
  }

  private async checkIndex(info: SchemaInfo, name: string): Promise<void> {
    await this.steps(
      info,
      async (ctx, maintenance, begin): Promise<CheckStep> => {
        const index = maintenance.indexes.find(
          (one) => one.info.name === name && one.info.state === "readable",
        );
        if (index === undefined) return { next: undefined, compared: 0, problems: [] };
        return checkEntries(ctx, maintenance, index, begin ?? index.prefix, 1_000, this.repair);
      },
      "entries",
    );
  }

  private async checkCounters(info: SchemaInfo, { counters }: Maintenance): Promise<void> {
    if (!counters.some((index) => index.info.state === "readable")) return;
    const atOnce = await this.read(async (ctx) =>
      countAtOnce(ctx, await this.maintenance(ctx, info), this.options.countMs ?? 3_000),
    ).catch((error: unknown) => {
      if (error instanceof EngineError && error.fdbCode === 1007) return undefined;
      throw error;
    });
    const result = atOnce ?? (await countUnderWriters(this.host, this.tenant, info, this.building()));
    this.findings.counters += result.counters;
    for (const difference of result.differences) {
      this.findings.add(problemOf(difference, this.repair && (await this.addMissing(difference))));
    }
  }

  private building(): MigrateOptions {
    const { signal } = this.options;
    return signal === undefined ? {} : { signal };
  }

  /** An addition must not be made twice, so an unknown outcome is not tried again; the next check will tell. */
  private async addMissing(difference: Difference): Promise<boolean> {
    try {
      await transact(this.engine, async (tx) => repairCounter(this.context(tx), difference), {
        shouldRetry: (error) => !isMaybeCommitted(error.fdbCode),
      });
      return true;
    } catch (error) {
      if (error instanceof EngineError && isMaybeCommitted(error.fdbCode)) return false;
      throw error;
    }
  }

  private reportUnfinished(maintenance: Maintenance): void {
    for (const { info } of [...maintenance.indexes, ...maintenance.counters, ...maintenance.custom]) {
      if (info.state === "readable") continue;
      const { source, name, state } = info;
      const detail = `the index is ${state}: its migration is at work, or was interrupted and goes on when the tenant is opened`;
      this.findings.add({
        kind: "unfinished-index",
        source,
        index: name,
        record: [],
        detail,
        repaired: false,
      });
    }
  }

  private async steps(
    info: SchemaInfo,
    step: (ctx: LayerContext, maintenance: Maintenance, begin: Uint8Array | undefined) => Promise<CheckStep>,
    counts: "rows" | "entries" = "rows",
  ): Promise<void> {
    let begin: Uint8Array | undefined;
    do {
      this.options.signal?.throwIfAborted();
      const result = await transact(this.engine, async (tx) => {
        const ctx = this.context(tx);
        return step(ctx, await this.maintenance(ctx, info), begin);
      });
      this.findings[counts] += result.compared;
      for (const problem of result.problems) this.findings.add(problem);
      this.options.onProgress?.(this.findings.report());
      begin = result.next;
    } while (begin !== undefined);
  }

  private async maintenance(ctx: LayerContext, info: SchemaInfo): Promise<Maintenance> {
    return maintenanceOf(this.tenant, info, await metadataOf(ctx, info.source));
  }

  private read<T>(body: (ctx: LayerContext) => Promise<T>): Promise<T> {
    return transact(this.engine, (tx) => body(this.context(tx)));
  }

  private context(tx: LayerContext["tx"]): LayerContext {
    return createContext(tx, this.tenant, this.host.metadata);
  }
}

/** The sources that hold records: one seek for each. */
async function storedSources(ctx: LayerContext): Promise<string[]> {
  const names: string[] = [];
  const all = pack([space.data], ctx.tenant.prefix);
  const end = Buffer.concat([all, Buffer.of(0xff)]);
  let begin: Uint8Array = all;
  for (;;) {
    const batch = await ctx.tx.getRange(firstGreaterOrEqual(begin), firstGreaterOrEqual(end), {
      limit: 1,
      snapshot: true,
    });
    const first = batch.rows[0];
    if (first === undefined) return names;
    const name = unpack(first[0], ctx.tenant.prefix.length)[1] as string;
    names.push(name);
    begin = sourceKeys(ctx.tenant, name).dataRange.end;
  }
}
