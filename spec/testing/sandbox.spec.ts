import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { from } from "../../lib/query/index.js";
import { Repo } from "../../lib/repo/index.js";
import { Tenant } from "../../lib/tenant/index.js";
import { Sandbox } from "../../lib/testing/index.js";
import { migrations, Product } from "../cli/support/shop.js";

let repo: Repo;
beforeAll(() => {
  repo = new Repo({ url: "memory:", storageId: "app", migrations });
});
afterAll(async () => {
  await repo.close();
  await Sandbox.close();
});

async function ids(of: Repo): Promise<string[]> {
  const all: string[] = [];
  for await (const id of Tenant.list(of)) all.push(id);
  return all;
}

describe("a sandbox", () => {
  test("is a fresh, migrated tenant, and gone after checkin", async () => {
    const sandbox = await Sandbox.checkout(repo);
    expect(sandbox.repo).toBe(repo);
    expect(await ids(repo)).toEqual([sandbox.tenant.id]);
    await repo.insert(Product, { id: "p1", name: "x" }, { tenant: sandbox.tenant });
    expect(await repo.count(Product, { tenant: sandbox.tenant })).toBe(1);
    await sandbox.checkin();
    expect(await ids(repo)).toEqual([]);
  });

  test("shares nothing with others that run at the same time", async () => {
    const counts = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        Sandbox.run(repo, async ({ tenant }) => {
          for (let id = 0; id <= n; id++) {
            await repo.insert(Product, { id: `p${id}`, name: `of ${n}` }, { tenant });
          }
          const rows = await repo.all(Product, { tenant });
          expect(new Set(rows.map(({ name }) => name))).toEqual(new Set([`of ${n}`]));
          return rows.length;
        }),
      ),
    );
    expect(counts).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    expect(await ids(repo)).toEqual([]);
  });

  test("is gone however its test ends, even when the test deleted the tenant itself", async () => {
    const failing = Sandbox.run(repo, async () => {
      throw new Error("the test failed");
    });
    await expect(failing).rejects.toThrow("the test failed");
    await Sandbox.run(repo, ({ tenant }) => Tenant.delete(repo, tenant));
    const twice = await Sandbox.checkout(repo);
    await Promise.all([twice.checkin(), Sandbox.checkin(twice), twice[Symbol.asyncDispose]()]);
    expect(await ids(repo)).toEqual([]);
  });

  test("leaves migrations to the test when told so", async () => {
    const sandbox = await Sandbox.checkout(repo, { migrate: false, prefix: "raw-" });
    expect(sandbox.tenant.id).toMatch(/^raw-/);
    const named = from(Product).where({ name: "x" });
    await expect(repo.explain(named, { tenant: sandbox.tenant })).rejects.toThrow(/create\(index/);
    const tenant = await Tenant.open(repo, sandbox.tenant.id);
    expect((await repo.explain(named, { tenant })).index).toBe("products_name_index");
    await sandbox.checkin();
  });

  test("needs no repo: sandboxes share one in memory", async () => {
    const [a, b] = await Promise.all([Sandbox.checkout(), Sandbox.checkout()]);
    expect(a.repo).toBe(b.repo);
    await a.repo.insert(Product, { id: "p1", name: "x" }, { tenant: a.tenant });
    expect(await b.repo.get(Product, "p1", { tenant: b.tenant })).toBeNull();
    await Promise.all([a.checkin(), b.checkin()]);
    await Sandbox.close();
    await expect(a.repo.get(Product, "p1", { tenant: a.tenant })).rejects.toThrow(/closed/);
  });
});
