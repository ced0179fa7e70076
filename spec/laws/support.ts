import {
  counter,
  create,
  Field,
  index,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  type RepoOptions,
  Schema,
  Tenant,
  type Versionstamp,
} from "plinth";
import type { Engine, InstrumentedEngine, Transaction } from "plinth/engine";
import { EngineError, instrument, openEngine, readRangeAll, transact } from "plinth/engine";
import { checkTenant } from "../../lib/migration/index.js";

@Schema("people")
export class Person {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare email: string | null;
  @Field("string") declare city: string | null;
  @Field("integer") declare age: number | null;
  @Field("string") declare bio: string | null;
}

@Schema("events")
export class Event {
  @PrimaryKey("versionstamp") declare id: Versionstamp;
  @Field("string") declare kind: string | null;
}

/** Every kind of key that a write can leave behind: entries, unique values, counters, log and heads. */
export class People extends Migration {
  change() {
    return [
      create(metadata(Person)),
      create(metadata(Person, ["city"])),
      create(index(Person, ["age"])),
      create(index(Person, ["city", "age"], { include: ["email"] })),
      create(index(Person, ["email"], { unique: true })),
      create(counter(Person)),
      create(counter(Person, ["city"])),
      create(metadata(Event)),
      create(index(Event, ["kind"])),
    ];
  }
}

/** A process: a Repo with caches of its own on a shared store. */
export function openProcess(engine: Engine, options: Partial<RepoOptions> = {}): Repo {
  return new Repo({ engine, storageId: "laws", migrations: [[1, People]], ...options });
}

export interface World {
  readonly engine: InstrumentedEngine;
  readonly repo: Repo;
  readonly tenant: Tenant;
}

/** A store of its own, counted. */
export async function openWorld(options: Partial<RepoOptions> = {}): Promise<World> {
  const engine = instrument(await openEngine("memory:"));
  const repo = openProcess(engine, options);
  return { engine, repo, tenant: await Tenant.openOrCreate(repo, "acme") };
}

/** Every key and value of the store. */
export async function contents(engine: Engine): Promise<ReadonlyMap<string, string>> {
  const rows = await transact(engine, (tx) =>
    readRangeAll(tx, new Uint8Array(), Uint8Array.of(0xff), { snapshot: true }),
  );
  return new Map(rows.map(([key, value]) => [hex(key), hex(value)]));
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** What is wrong with the tenant's indexes, counters and records. */
export async function problems(repo: Repo, tenant: Tenant, schemas: readonly unknown[]): Promise<unknown> {
  const report = await checkTenant(repo as never, tenant, { schemas: schemas as never });
  return report.problems;
}

export type Calls = "get" | "getRange" | "commit";

/** An engine on which the n-th call of a kind fails (before or after it happened); `undefined` lets it pass. */
export function failing(
  engine: Engine,
  fail: (call: Calls, n: number) => { readonly code: number; readonly after?: boolean } | undefined,
): Engine {
  const counts = { get: 0, getRange: 0, commit: 0 };
  const wrap = (tx: Transaction): Transaction =>
    new Proxy(tx, {
      get(target, name) {
        const value = target[name as keyof Transaction] as unknown;
        if (typeof value !== "function") return value;
        if (!(name in counts)) return value.bind(target);
        return async (...given: unknown[]) => {
          const failure = fail(name as Calls, ++counts[name as Calls]);
          if (failure !== undefined && failure.after !== true) throw new EngineError(failure.code);
          const result = await value.apply(target, given);
          if (failure !== undefined) throw new EngineError(failure.code);
          return result;
        };
      },
    });
  return {
    kind: engine.kind,
    url: engine.url,
    begin: (defaults) => wrap(engine.begin(defaults)),
    close: async () => undefined,
  };
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
