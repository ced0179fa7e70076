import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, Repo, StaleEntryError, Tenant } from "../../lib/index.js";
import { Member, Members } from "./parts/perform.js";

let repo: Repo;
let tenant: Tenant;
beforeAll(async () => {
  repo = new Repo({ url: "memory:", storageId: "delete", migrations: [[1, Members]] });
  tenant = await Tenant.create(repo, "t");
});
afterAll(() => repo.close());

test("deletes a record once, and gives null for one that is gone", async () => {
  const row = await repo.insert(Member, { id: "a", n: 1, mail: "x" }, { tenant });
  expect(await repo.deleteIfExists(row)).toMatchObject({ id: "a", n: 1 });
  expect(await repo.deleteIfExists(row)).toBeNull();
  expect(await repo.get(Member, "a", { tenant })).toBeNull();
});

test("leaves a transaction that goes on as it was, alone and beside other calls", async () => {
  const row = await repo.insert(Member, { id: "b", n: 1, mail: "y" }, { tenant });
  await repo.delete(row);
  const outcome = await repo.transactional(tenant, async () => {
    const [gone, made, again] = await Promise.all([
      repo.deleteIfExists(row),
      repo.insert(Member, { id: "b", n: 2, mail: "y" }),
      repo.deleteIfExists(row),
    ]);
    return [gone, made.n, again?.n];
  });
  expect(outcome).toEqual([null, 2, 2]);
  expect(await repo.get(Member, "b", { tenant })).toBeNull();
});

test("still refuses a lock that differs", async () => {
  const row = await repo.insert(Member, { id: "c", n: 1, mail: null }, { tenant });
  await repo.update(change(row, { n: 2 }));
  const locked = repo.deleteIfExists(change(row).optimisticLock("n"));
  await expect(locked).rejects.toThrow(StaleEntryError);
  await expect(locked).rejects.toMatchObject({ missing: false });
  expect(await repo.get(Member, "c", { tenant })).not.toBeNull();
});
