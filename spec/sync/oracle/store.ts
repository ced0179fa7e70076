import type { Engine } from "../../../lib/engine/index.js";
import { Repo, Sync, Tenant, UnsupportedQueryError } from "../../../lib/index.js";
import {
  type LayerContext,
  layoutOf,
  readAllRecords,
  readLog,
  sourceKeys,
} from "../../../lib/layer/index.js";
import { astOf, planFor, type QueryAst, runPlan, wholeRows } from "../../../lib/query/index.js";
import { internals } from "../../../lib/repo/index.js";
import { schemaOf } from "../../../lib/schema/index.js";
import { someOfEverything } from "../../../lib/testing/faults/fault-options.js";
import { lateEngine } from "../../../lib/testing/faults/late-engine.js";
import { type FaultyEngine, withFaults } from "../../../lib/testing/faults/with-faults.js";
import { pack } from "../../../lib/tuple/index.js";
import type { Random } from "../runs.js";
import type { At, Setting } from "./label.js";
import { isResult, type ModelQuery, queryOf } from "./queries.js";
import { type Row, randomSchemas, type Source, type World } from "./schemas.js";
import { show } from "./show.js";

/** An engine that counts the commits which wrote something. */
export class CountingEngine implements Engine {
  commits = 0;

  constructor(private readonly inner: Engine) {}

  get kind(): Engine["kind"] {
    return this.inner.kind;
  }

  get url(): string {
    return this.inner.url;
  }

  begin(...defaults: Parameters<Engine["begin"]>): ReturnType<Engine["begin"]> {
    const tx = this.inner.begin(...defaults);
    const commit = tx.commit.bind(tx);
    tx.commit = async () => {
      await commit();
      if (tx.getCommittedVersion() >= 0n) this.commits++;
    };
    return tx;
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

/** A process as far as the store can tell: a Repo of its own, and the hub on it. */
export interface Process {
  readonly repo: Repo;
  readonly tenant: Tenant;
  readonly sync: Sync;
}

/** The version is so old that nobody can read it any more. */
const gone = Symbol("gone");

/** A tenant of random schemas, two processes that use it, and a judge that reads past them. */
export class Store implements Setting {
  readonly #asts = new Map<string, QueryAst>();
  readonly #keys = new Map<Source, readonly unknown[]>();

  private constructor(
    readonly world: World,
    readonly counted: CountingEngine,
    readonly faulty: FaultyEngine | undefined,
    readonly processes: readonly [Process, Process],
    private readonly judge: Process,
  ) {}

  static async open(
    next: Random,
    given: Engine,
    id: string,
    options: { readonly faultSeed?: number; readonly lateSeed?: number; readonly heartbeatMs: number },
  ): Promise<Store> {
    const { faultSeed, lateSeed, ...rest } = options;
    // One for all of them, because they share what the newest version is.
    const inner = lateSeed === undefined ? given : lateEngine(given, { seed: lateSeed, turns: 2 });
    const world = randomSchemas(next);
    const counted = new CountingEngine(inner);
    const faulty = faultSeed === undefined ? undefined : withFaults(counted, { seed: faultSeed });
    const open = async (engine: Engine): Promise<Process> => {
      const repo = new Repo({
        engine,
        storageId: "oracle",
        migrations: [[1, world.migration]],
        transaction: { maxRetryDelayMs: 1 },
      });
      return { repo, tenant: await Tenant.openOrCreate(repo, id), sync: new Sync(repo, rest) };
    };
    const judge = await open(inner);
    const processes = [await open(faulty ?? counted), await open(faulty ?? counted)] as const;
    faulty?.setFaults(someOfEverything);
    counted.commits = 0;
    return new Store(world, counted, faulty, processes, judge);
  }

  keys(source: Source): readonly unknown[] {
    return source.key.values.length > 0 ? source.key.values : (this.#keys.get(source) ?? []);
  }

  async needsScan(model: ModelQuery): Promise<boolean> {
    try {
      await this.judge.repo.explain(queryOf(model, false), { tenant: this.judge.tenant });
      return false;
    } catch (error) {
      if (!(error instanceof UnsupportedQueryError)) throw error;
      return true;
    }
  }

  /** The newest version. */
  now(): Promise<bigint> {
    return this.#read((ctx) => ctx.tx.getReadVersion());
  }

  #read<T>(body: (ctx: LayerContext) => Promise<T>): Promise<T> {
    return internals(this.judge.repo).run(this.judge.tenant, body);
  }

  /** Judges at exactly one version; undefined when it is too old to be read. */
  async at<T>(version: bigint, judge: (at: At) => Promise<T>): Promise<T | undefined> {
    let attempts = 0;
    try {
      return await this.#read(async (ctx) => {
        if (++attempts > 2) throw gone;
        ctx.tx.setReadVersion(version);
        return judge(this.#at(ctx, version));
      });
    } catch (error) {
      if (error !== gone) throw error;
      return undefined;
    }
  }

  #at(ctx: LayerContext, version: bigint): At {
    const all = new Map<Source, Promise<readonly Row[]>>();
    const results = new Map<string, Promise<readonly Row[]>>();
    const rows = (source: Source) => {
      let read = all.get(source);
      if (read === undefined) {
        const info = schemaOf(source.schema) as never;
        read = readAllRecords<Row>(ctx, info, sourceKeys(ctx.tenant, source.name).dataRange);
        all.set(source, read);
        void read.then(
          (found) => this.#remember(source, found),
          () => undefined,
        );
      }
      return read;
    };
    const entries = async (source: Source, after: bigint) =>
      (await readLog(ctx.tx, ctx.tenant, source.name, { after, through: version })).entries;
    return {
      version,
      rows,
      result: (model) => {
        const key = keyOf(model);
        let result = results.get(key);
        if (result === undefined) {
          result = this.#result(ctx, model, key, rows(model.source));
          results.set(key, result);
        }
        return result;
      },
      changes: async (source, since) => (await entries(source, since)).map(({ op }) => op),
      lastChange: async (source, row) => {
        const key = Buffer.from(pack(layoutOf(schemaOf(source.schema) as never).keyOf(row)));
        return (await entries(source, 0n)).findLast(({ pk }) => key.equals(pack(pk)))?.op;
      },
    };
  }

  /** The rows of a fresh query, which have to be what the naive model makes of all rows. */
  async #result(
    ctx: LayerContext,
    model: ModelQuery,
    key: string,
    rows: Promise<readonly Row[]>,
  ): Promise<readonly Row[]> {
    let ast = this.#asts.get(key);
    if (ast === undefined) {
      ast = astOf(queryOf(model, await this.needsScan(model)));
      this.#asts.set(key, ast);
    }
    const [found, present] = await Promise.all([recordsOf(ctx, ast), rows]);
    if (isResult(model, present, found as readonly Row[])) return found as readonly Row[];
    throw new Error(`A fresh query is no result by the naive model: ${key}`);
  }

  /** Keys that the commits have made, the newest of them. */
  #remember(source: Source, rows: readonly Row[]): void {
    const known = new Map((this.#keys.get(source) ?? []).map((id) => [String(id), id]));
    for (const { id } of rows) known.set(String(id), id);
    this.#keys.set(source, [...known.values()].slice(-16));
  }

  /** Rows as they are now, for writers that have to name one. */
  async rows(source: Source): Promise<readonly Row[]> {
    return this.#read(async (ctx) => this.#at(ctx, 0n).rows(source));
  }

  async close(): Promise<void> {
    for (const { sync } of this.processes) await sync.close();
    this.faulty?.setFaults({});
    await Tenant.delete(this.judge.repo, this.judge.tenant.id);
    for (const { repo } of [...this.processes, this.judge]) await repo.close();
  }
}

/** The rows of a query before its `select`, which has a say in the index and so in the order where none is asked for. */
async function recordsOf(ctx: LayerContext, ast: QueryAst): Promise<readonly object[]> {
  const plan = await planFor(ctx, ast);
  const found = await runPlan(ctx, ast, wholeRows(plan));
  return found.map(({ record }) => record);
}

/** Equal for queries that have the same result. */
const keyOf = ({ source, where, or, order, reverse, limit, select, filter }: ModelQuery): string =>
  show([source.name, where, or, order, reverse, limit, select, filter?.captured]);
