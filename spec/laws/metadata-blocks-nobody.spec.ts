import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  change,
  create,
  drop,
  Field,
  from,
  index,
  Migration,
  Migrator,
  PrimaryKey,
  Repo,
  Schema,
  Tenant,
  TenantGoneError,
  UnsupportedQueryError,
} from "plinth";
import { type Engine, type InstrumentedEngine, instrument, openEngine } from "plinth/engine";
import { problems, sleep } from "./support.js";

/** No writer waits for metadata, other tenants' migrations least of all; its own make it start over, and only once. */

@Schema("docs")
class Doc {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare title: string | null;
  @Field("integer") declare size: number | null;
}

class ByTitle extends Migration {
  change() {
    return [create(index(Doc, ["title"]))];
  }
}
class BySize extends Migration {
  change() {
    return [create(index(Doc, ["size"]))];
  }
}
class NoSize extends Migration {
  change() {
    return [drop(index(Doc, ["size"]))];
  }
}

const first = [[1, ByTitle]] as const;
const both = [...first, [2, BySize]] as const;

let store: Engine;
beforeAll(async () => {
  store = await openEngine("memory:");
});
afterAll(() => store.close());

interface Process {
  readonly engine: InstrumentedEngine;
  readonly repo: Repo;
  readonly tenant: Tenant;
}

async function start(id: string, migrations: typeof first | typeof both = first): Promise<Process> {
  const engine = instrument(store);
  const repo = new Repo({ engine, storageId: "laws", migrations });
  return { engine, repo, tenant: await Tenant.openOrCreate(repo, id) };
}

const rows = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: `d${i}`, title: `t${i % 5}`, size: i }));

/** Runs a transaction that reads, lets `meanwhile` happen, and writes; gives how often its function ran. */
async function inFlight(
  { repo, tenant }: Process,
  id: string,
  meanwhile: () => Promise<unknown>,
): Promise<number> {
  let runs = 0;
  await repo.transactional(tenant, async () => {
    runs++;
    await repo.allBy(Doc, { title: "t1" });
    if (runs === 1) await meanwhile();
    await repo.insert(Doc, { id, title: "in flight", size: 1_000 });
  });
  return runs;
}

describe("another tenant's migration", () => {
  test("does not make a transaction under way start over, whatever it does", async () => {
    const mine = await start("mine 1");
    const other = await start("other 1");
    await mine.repo.insertAll(Doc, rows(5), { tenant: mine.tenant });
    await other.repo.insertAll(Doc, rows(200), { tenant: other.tenant });
    const events: readonly (() => Promise<unknown>)[] = [
      () => Migrator.up(other.repo, other.tenant, both),
      () => Migrator.up(other.repo, other.tenant, [...both, [3, NoSize]]),
      () => Tenant.openOrCreate(other.repo, "third 1"),
      () => Tenant.clear(other.repo, "other 1"),
      () => Tenant.clearAndDelete(other.repo, "other 1"),
    ];
    for (const [i, event] of events.entries()) expect(await inFlight(mine, `f${i}`, event)).toBe(1);
  });

  test("costs one read once; after it everything costs what it cost before", async () => {
    const mine = await start("mine 2");
    const other = await start("other 2");
    await mine.repo.insertAll(Doc, rows(5), { tenant: mine.tenant });
    await other.repo.insertAll(Doc, rows(5), { tenant: other.tenant });
    let title = 0;
    const operations: readonly (() => Promise<unknown>)[] = [
      () => mine.repo.get(Doc, "d1", { tenant: mine.tenant }),
      () => mine.repo.all(from(Doc).where({ title: "t3" }).select("id"), { tenant: mine.tenant }),
      async () =>
        mine.repo.update(
          change((await mine.repo.get(Doc, "d1", { tenant: mine.tenant }))!, { title: `new ${++title}` }),
        ),
    ];
    const work = async (run: () => Promise<unknown>) => {
      mine.engine.resetCounts();
      await run();
      const { gets, rangeReads, attempts } = mine.engine.counts;
      return { gets, rangeReads, attempts };
    };
    for (const run of operations) await run();
    const warm = [];
    for (const run of operations) warm.push(await work(run));
    const migrations = [...both, [3, NoSize]] as const;
    for (let n = 2; n <= migrations.length; n++) {
      await Migrator.up(other.repo, other.tenant, migrations.slice(0, n));
      const after = await work(operations[0]!);
      expect(after).toEqual({ ...warm[0]!, gets: warm[0]!.gets + 1 });
      for (const [i, run] of operations.entries()) expect(await work(run)).toEqual(warm[i]);
    }
  });
});

describe("the tenant's own migration", () => {
  test("makes a writer under way start over once, and the row is in the new index", async () => {
    const mine = await start("own 1");
    const release = await start("own 1");
    await mine.repo.insertAll(Doc, rows(50), { tenant: mine.tenant });
    const runs = await inFlight(mine, "late", () => Migrator.up(release.repo, release.tenant, both));
    expect(runs).toBe(2);
    expect(await release.repo.allBy(Doc, { size: 1_000 }, { tenant: release.tenant })).toHaveLength(1);
    expect(await problems(release.repo, release.tenant, [Doc])).toEqual([]);
  });

  test("does not disturb readers", async () => {
    const mine = await start("own 2");
    const release = await start("own 2");
    await mine.repo.insertAll(Doc, rows(50), { tenant: mine.tenant });
    let runs = 0;
    const seen = await mine.repo.transactional(mine.tenant, async () => {
      runs++;
      const before = await mine.repo.all(from(Doc).where({ title: "t1" }));
      await Migrator.up(release.repo, release.tenant, both);
      const after = await mine.repo.all(from(Doc).where({ title: "t1" }));
      return [before.length, after.length];
    });
    expect([runs, seen]).toEqual([1, [10, 10]]);
  });

  test("under writers of an older and a newer process loses no entry", async () => {
    const older = await start("own 3");
    const newer = await start("own 3");
    await older.repo.insertAll(Doc, rows(300), { tenant: older.tenant });
    let stop = false;
    let written = 0;
    const write = async ({ repo, tenant }: Process, name: string) => {
      for (let i = 0; !stop; i++) {
        await repo.insert(Doc, { id: `${name} ${i}`, title: name, size: i }, { tenant });
        await repo.update(
          change((await repo.getOrThrow(Doc, `d${i % 300}`, { tenant })) as Doc, { size: -i }),
        );
        if (i % 3 === 0) await repo.delete(await repo.getOrThrow(Doc, `${name} ${i}`, { tenant }));
        written++;
      }
    };
    const writers = [write(older, "old"), write(newer, "new")];
    await Migrator.up(newer.repo, newer.tenant, both, { stepBytes: 500 });
    await Migrator.up(newer.repo, newer.tenant, [...both, [3, NoSize]]);
    await sleep(5);
    stop = true;
    await Promise.all(writers);
    expect(written).toBeGreaterThan(1);
    expect(await problems(newer.repo, newer.tenant, [Doc])).toEqual([]);
    await expect(older.repo.all(from(Doc).where({ size: 3 }), { tenant: older.tenant })).rejects.toThrow(
      UnsupportedQueryError,
    );
  });
});

describe("a tenant that another process", () => {
  test("deletes is gone for transactions under way and later ones, also when it is made again", async () => {
    const mine = await start("gone");
    const other = await start("gone");
    await mine.repo.insertAll(Doc, rows(3), { tenant: mine.tenant });
    await expect(inFlight(mine, "ghost", () => Tenant.clearAndDelete(other.repo, "gone"))).rejects.toThrow(
      TenantGoneError,
    );
    const again = await Tenant.openOrCreate(other.repo, "gone");
    const calls: readonly (() => Promise<unknown>)[] = [
      () => mine.repo.get(Doc, "d1", { tenant: mine.tenant }),
      () => mine.repo.all(Doc, { tenant: mine.tenant }),
      () => mine.repo.insert(Doc, { id: "ghost" }, { tenant: mine.tenant }),
      () => mine.repo.insert(Doc, { id: "ghost" }, { tenant: mine.tenant, conflictTarget: [] }),
      () => mine.repo.updateAll(Doc, { size: 1 }, { tenant: mine.tenant }),
    ];
    for (const run of calls) await expect(run()).rejects.toThrow(TenantGoneError);
    expect(await other.repo.all(Doc, { tenant: again })).toEqual([]);
    expect(await mine.repo.all(Doc, { tenant: await Tenant.open(mine.repo, "gone") })).toEqual([]);
  });
});
