import { expect, test } from "@jest/globals";
import { change, EngineError, from, openEngine, Repo, Tenant } from "../../lib/index.js";
import { someOfEverything, withFaults } from "../../lib/testing/index.js";
import { Job, Product, Shop } from "./shop.js";

const seed = Number(process.env.PLINTH_SEED ?? 11);

test("exactlyOnce counts every increment and every insert once, whatever the store does", async () => {
  const engine = withFaults(await openEngine("memory:"), { seed });
  const repo = new Repo({
    engine,
    storageId: "faults",
    migrations: [[1, Shop]],
    transaction: { maxRetryDelayMs: 5 },
  });
  const tenant = await Tenant.openEmpty(repo, "t");
  const ids = ["a", "b"];
  for (const id of ids) await repo.insert(Product, { id, name: id }, { tenant });
  engine.setFaults(someOfEverything);

  const names = await Promise.all(
    Array.from({ length: 60 }, (_, i) =>
      repo.transactional(
        tenant,
        async () => {
          const product = await repo.getOrThrow(Product, ids[i % 2]!);
          await repo.update(change(product, { stock: product.stock + 1 }));
          return repo.insert(Job, { author: `${i}` });
        },
        { exactlyOnce: true },
      ),
    ),
  );

  engine.setFaults({});
  const products = await repo.all(Product, { tenant });
  expect(products.map(({ stock }) => stock)).toEqual([30, 30]);
  const jobs = await repo.all(from(Job), { tenant });
  expect(jobs).toHaveLength(60);
  const returned = new Map(names.map(({ id, author }) => [id.toString(), author]));
  expect(jobs.every(({ id, author }) => returned.get(id.toString()) === author)).toBe(true);
  await engine.close();
});

/** A promise that knows whether anybody waits for it. */
class Awaited<T> extends Promise<T> {
  static override readonly [Symbol.species] = Promise;
  awaited = false;

  // biome-ignore lint/suspicious/noThenProperty: whoever waits for a promise calls this
  override then<A = T, B = never>(...handlers: Parameters<Promise<T>["then"]>): Promise<A | B> {
    this.awaited = true;
    return super.then(...handlers) as Promise<A | B>;
  }
}

test("a read that fails before the tenant is known to be there is not left unhandled", async () => {
  const engine = await openEngine("memory:");
  const setUp = new Repo({ engine, storageId: "faults", migrations: [[1, Shop]] });
  const rows = ["a", "b", "c"].map((id) => ({ id, name: id }));
  await setUp.insertAll(Product, rows, { tenant: await Tenant.openEmpty(setUp, "late") });

  let failing = false;
  let failures = 0;
  let unhandled = 0;
  const fail = (): Promise<never> => {
    const failed = new Awaited<never>((_, reject) => reject(new EngineError(1007)));
    failures++;
    setImmediate(() => {
      if (!failed.awaited) unhandled++;
    });
    return failed;
  };
  const begin = engine.begin.bind(engine);
  engine.begin = (...defaults) => {
    const tx = begin(...defaults);
    const get = tx.get.bind(tx);
    let first = true;
    tx.get = (key, snapshot) => {
      if (!failing || snapshot === true)
        return new Promise((resolve) => setTimeout(resolve, 2)).then(() => get(key, snapshot));
      if (!first) return get(key, snapshot);
      first = false;
      return fail();
    };
    return tx;
  };
  const repo = new Repo({ engine, storageId: "faults", migrations: [[1, Shop]] });
  const tenant = await Tenant.open(repo, "late");
  failing = true;
  const product = await repo.getOrThrow(Product, "a", { tenant });
  await repo.update(change(product, { stock: 1 }));
  await repo.insert(Product, { id: "d", name: "d" }, { tenant });
  await repo.delete(product);
  expect(failures).toBe(4);
  expect(unhandled).toBe(0);
  await engine.close();
});
