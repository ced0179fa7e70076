import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { EngineError, openEngine } from "../../lib/engine/index.js";
import {
  change,
  forEachTenant,
  from,
  InvalidOptionsError,
  JobError,
  Repo,
  SnapshotExpiredError,
  Tenant,
  TenantNotFoundError,
} from "../../lib/index.js";
import { Note, openShop, Product, Shop } from "./shop.js";

let repo: Repo;
let tenant: Tenant;
beforeAll(async () => {
  ({ repo, tenant } = await openShop());
  const rows = Array.from({ length: 10 }, (_, i) => ({ id: `n${i}`, text: "new" }));
  await repo.insertAll(Note, rows, { tenant });
});
afterAll(() => repo.close());

const mark =
  (text: string, size = 4) =>
  async (tx: Repo, done: number | undefined) => {
    const begin = done ?? 0;
    const notes = await tx.allRange(Note, `n${begin}`, `n${Math.min(begin + size - 1, 9)}`, {
      inclusiveRight: true,
    });
    for (const note of notes) await tx.update(change(note, { text: `${text} ${note.text}` }));
    return begin + size < 10 ? begin + size : null;
  };
const texts = async () => new Set(await repo.all(from(Note).select("text"), { tenant }));

describe("repo.job", () => {
  test("runs its steps batch by batch, and once", async () => {
    const told: unknown[] = [];
    const onProgress = ({ step, batches, rows }: { step: number; batches: number; rows: number }) =>
      told.push([step, batches, rows]);
    const steps = [mark("a"), mark("b", 6)];
    const done = { step: 2, steps: 2, batches: 5, rows: 20, done: true };
    expect(await repo.job(tenant, "mark", steps, { onProgress })).toEqual(done);
    expect(told).toEqual([
      [0, 1, 4],
      [0, 2, 8],
      [1, 3, 10],
      [1, 4, 16],
      [2, 5, 20],
    ]);
    expect(await texts()).toEqual(new Set(["b a new"]));
    expect(await repo.job(tenant, "mark", steps)).toEqual(done);
    expect(await texts()).toEqual(new Set(["b a new"]));
    await repo.job(tenant, "mark", mark("c", 10), { restart: true });
    expect(await texts()).toEqual(new Set(["c b a new"]));
  });

  test("goes on where it stood after a failure, whoever goes on", async () => {
    let calls = 0;
    const failing = async (tx: Repo, cursor: number | undefined) => {
      if (++calls === 2) throw new Error("mine");
      return mark("d")(tx, cursor);
    };
    await expect(repo.job(tenant, "fails", failing)).rejects.toThrow("mine");
    const both = await Promise.all([repo.job(tenant, "fails", failing), repo.job(tenant, "fails", failing)]);
    expect(both).toEqual([both[0], both[0]]);
    expect([both[0]!.batches, both[0]!.rows, calls]).toEqual([3, 10, 4]);
    expect(await texts()).toEqual(new Set(["d c b a new"]));
  });

  test("refuses what cannot be", async () => {
    await expect(repo.job(tenant, "stuck", async () => 1)).rejects.toThrow(JobError);
    await expect(repo.job(tenant, "class", async () => new Date() as never)).rejects.toThrow(JobError);
    await expect(repo.job(tenant, "stuck", [async () => 1, async () => 2])).rejects.toThrow(
      /begun with 1 steps/,
    );
    const wrong = (name: unknown, steps: unknown, options?: object) =>
      repo.job(tenant, name as string, steps as never, options);
    for (const call of [
      () => wrong("", () => null),
      () => wrong("x", []),
      () => wrong("x", 5),
      () => wrong("x", () => null, { again: true }),
      () => wrong("x", () => null, { staleClaimMs: 0 }),
      () => repo.transactional(tenant, () => wrong("x", () => null)),
      () => repo.job("acme" as never, "x", async () => null),
    ]) {
      await expect(call()).rejects.toThrow(InvalidOptionsError);
    }
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(repo.job(tenant, "aborted", async () => null, { signal })).rejects.toThrow("enough");
  });
});

describe("a stream", () => {
  const query = from(Note).select("id");

  test("within one snapshot gives what was there when it began", async () => {
    const seen: string[] = [];
    for await (const id of repo.stream(query, { tenant, batch: 3, within: "snapshot" })) {
      if (seen.push(id) === 1) await repo.insert(Note, { id: "n99" }, { tenant });
    }
    expect(seen).toHaveLength(10);
    const moved: string[] = [];
    for await (const id of repo.stream(query, { tenant, batch: 3 })) moved.push(id);
    expect(moved).toHaveLength(11);
    await repo.deleteAll(from(Note).where({ id: "n99" }), { tenant });
  });

  test("that is one snapshot ends when the store keeps it no more", async () => {
    const engine = await openEngine("memory:");
    let old = false;
    const aging = {
      ...engine,
      kind: engine.kind,
      url: engine.url,
      close: () => engine.close(),
      begin: (options?: Parameters<typeof engine.begin>[0]) => {
        const tx = engine.begin(options);
        const { getRange } = tx;
        tx.getRange = (...args) => (old ? Promise.reject(new EngineError(1007)) : getRange.apply(tx, args));
        return tx;
      },
    };
    const other = new Repo({ engine: aging, storageId: "aging", transaction: { retryLimit: 2 } });
    const handle = await Tenant.openOrCreate(other, "t");
    await other.insertAll(Note, [{ id: "1" }, { id: "2" }], { tenant: handle });
    const read = async () => {
      for await (const _ of other.stream(Note, { tenant: handle, batch: 1, within: "snapshot" })) old = true;
    };
    await expect(read()).rejects.toThrow(SnapshotExpiredError);
    await other.close();
    await engine.close();
  });

  test("with work writes it in the transaction of each page", async () => {
    const pages: number[] = [];
    const work = async (tx: Repo, rows: readonly string[]) => {
      pages.push(rows.length);
      for (const id of rows) await tx.update(change(await tx.getOrThrow(Note, id), { text: "seen" }));
    };
    for await (const _ of repo.stream(query, { tenant, batch: 4, within: work }));
    expect([pages, await texts()]).toEqual([[4, 4, 2], new Set(["seen"])]);
    const wrong = repo.stream(query, { tenant, within: "moment" as never });
    await expect(wrong.next()).rejects.toThrow(InvalidOptionsError);
  });
});

describe("many tenants", () => {
  test("are gone through, some at once, until one fails", async () => {
    const other = new Repo({ engine: await repo.engine(), storageId: "many" });
    for (const id of ["a", "b", "c", "d", "e"]) await Tenant.create(other, id);
    let at = 0;
    let most = 0;
    const seen: string[] = [];
    let second = () => {};
    const begun = new Promise<void>((resolve) => {
      second = resolve;
    });
    const visit = async ({ id }: Tenant) => {
      most = Math.max(most, ++at);
      if (at === 2) second();
      await begun;
      seen.push(id);
      at--;
    };
    expect(await forEachTenant(other, visit, { concurrency: 2 })).toEqual({ count: 5 });
    expect([seen.toSorted(), most]).toEqual([["a", "b", "c", "d", "e"], 2]);
    expect(await forEachTenant(other, visit, { ids: ["b", "d"] })).toEqual({ count: 2 });
    const failing = ({ id }: Tenant) => {
      seen.push(id);
      if (id === "b") throw new Error("mine");
    };
    seen.length = 0;
    await expect(forEachTenant(other, failing, { concurrency: 1 })).rejects.toThrow("mine");
    expect(seen).toEqual(["a", "b"]);
    await expect(forEachTenant(other, visit, { ids: ["none"] })).rejects.toThrow(TenantNotFoundError);
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(forEachTenant(other, visit, { signal })).rejects.toThrow("enough");
    for (const options of [{ concurrency: 0 }, { ids: 5 }, { limit: 1 }]) {
      await expect(forEachTenant(other, visit, options as never)).rejects.toThrow(InvalidOptionsError);
    }
  });

  test("are opened without their migrations, when that is asked for", async () => {
    const engine = await repo.engine();
    const plain = new Repo({ engine, storageId: "open" });
    await Tenant.create(plain, "t");
    const migrating = new Repo({ engine, storageId: "open", migrations: [[1, Shop]] });
    const byName = from(Product).where({ name: "x" });
    const handle = await Tenant.open(migrating, "t", { migrate: false });
    await expect(migrating.all(byName, { tenant: handle })).rejects.toThrow(/create\(index/);
    expect(await migrating.all(byName, { tenant: await Tenant.open(migrating, "t") })).toEqual([]);
    await expect(Tenant.open(migrating, "t", { migrations: [] } as never)).rejects.toThrow(
      InvalidOptionsError,
    );
    await expect(Tenant.create(migrating, "u", { migrate: 0 } as never)).rejects.toThrow(InvalidOptionsError);
    expect(await Tenant.exists(migrating, "u")).toBe(false);
  });
});
