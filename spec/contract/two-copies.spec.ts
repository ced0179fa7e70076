import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import * as ours from "../../lib/index.js";

type Copy = typeof ours;

let other: Copy;
let repo: ours.Repo;
let tenant: ours.Tenant;

function productOf({ PrimaryKey, Field, Schema }: Copy): new () => { id: number; name: string } {
  class Product {
    declare id: number;
    declare name: string;
  }
  (PrimaryKey("id") as PropertyDecorator)(Product.prototype, "id");
  (Field("string") as PropertyDecorator)(Product.prototype, "name");
  Schema("products")(Product);
  return Product;
}

beforeAll(async () => {
  jest.resetModules();
  other = await import("../../lib/index.js");
  repo = new ours.Repo({ url: "memory:", storageId: "copies" });
  tenant = await ours.Tenant.openOrCreate(repo, "a");
});

afterAll(() => repo.close());

describe("what another copy of the package made is told as such", () => {
  test("the second copy is one", () => expect(other.Repo).not.toBe(ours.Repo));

  const cases: Record<string, () => unknown> = {
    "a class": () => repo.insert(productOf(other), { id: 1, name: "x" }, { tenant }),
    "a class, in from()": () => ours.from(productOf(other)),
    "a class, in cast()": () => ours.cast(productOf(other), {}, []),
    "a record": () => repo.insert(other.build(productOf(other), { id: 1 }), { tenant }),
    "a query": () => repo.all(other.from(productOf(other)), { tenant }),
    "a changeset": () => repo.insert(other.cast(productOf(other), { name: "x" }, ["name"]), { tenant }),
    "a migration": () => {
      class Catalog extends other.Migration {
        change() {
          return [];
        }
      }
      return ours.Migrator.up(repo, tenant, [[1, Catalog as unknown as ours.MigrationClass]]);
    },
    "a tenant": async () => {
      const elsewhere = new other.Repo({ url: "memory:", storageId: "elsewhere" });
      const handle = (await other.Tenant.openOrCreate(elsewhere, "a")) as unknown as ours.Tenant;
      try {
        await repo.all(ours.from(productOf(ours)), { tenant: handle });
      } finally {
        await elsewhere.close();
      }
    },
    "a tenant of a transaction": () =>
      repo.transactional(Object.create(other.Tenant.prototype) as ours.Tenant, async () => {}),
    "a tenant to delete": () =>
      ours.Tenant.delete(repo, Object.create(other.Tenant.prototype) as ours.Tenant),
    "a Multi": () => repo.transactional(tenant, new other.Multi() as unknown as ours.Multi),
    "a Repo": () => new ours.Sync(new other.Repo({ url: "memory:", storageId: "x" }) as unknown as ours.Repo),
    "a class with parts of both": () => {
      class Mixed {
        declare id: number;
      }
      (other.PrimaryKey("id") as PropertyDecorator)(Mixed.prototype, "id");
      ours.Schema("mixed")(Mixed);
    },
  };

  test.each(Object.keys(cases))("%s", async (name) => {
    await expect((async () => cases[name]!())()).rejects.toMatchObject({
      code: "two_copies",
      message: expect.stringMatching(/made by another copy of plinth/),
    });
  });

  test("what this copy made passes, and what nobody marked is judged as before", async () => {
    const Product = productOf(ours);
    await repo.insert(Product, { id: 1, name: "x" }, { tenant });
    expect(await repo.all(ours.from(Product), { tenant })).toHaveLength(1);
    expect(() => ours.from(class Plain {} as never)).toThrow(/Plain is not a schema/);
  });
});
