import { expect, test } from "@jest/globals";
import { change, from, openEngine, Repo, Tenant } from "../../lib/index.js";
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
          const product = await repo.getOrThrow(Product, ids[i % 2]);
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
