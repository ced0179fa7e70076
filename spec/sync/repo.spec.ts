import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { create, from, index, Migration, metadata, Repo, Sync, Tenant } from "../../lib/index.js";
import { Product } from "../../samples/catalog/product.js";
import { Review } from "../../samples/catalog/review.js";

class Catalog extends Migration {
  change() {
    return [
      create(metadata(Product)),
      create(index(Product, ["name"])),
      create(metadata(Review)),
      create(index(Review, ["productId", "insertedAt"])),
      create(metadata(Review, ["productId"])),
    ];
  }
}

let repo: Repo;
let tenant: Tenant;
let sync: Sync;
beforeEach(async () => {
  repo = new Repo({ url: "memory:", storageId: "spec", migrations: [[1, Catalog]] });
  tenant = await Tenant.openEmpty(repo, "sync");
  sync = new Sync(repo);
});
afterEach(async () => {
  await sync.close();
  await repo.close();
});

const page = () => ({
  catalog: sync.all(from(Product).orderBy("name")),
  product: sync.one(Product, "p1"),
  reviews: sync.allBy(from(Review).orderBy({ insertedAt: "desc" }), { productId: "p1" }),
});

describe("Sync on a Repo", () => {
  test("the catalog page moves with a transaction, and its rows know their tenant", async () => {
    const sub = await sync.subscribe(tenant, page());
    const { version } = await repo.transactional(
      tenant,
      async () => {
        const product = await repo.insert(Product, { id: "p1", name: "Glo-Grain Cereal" });
        await repo.insert(Review, { product, author: "Sarah J.", content: "fine", score: 3 });
      },
      { returning: "version" },
    );
    await sub.until(version);
    expect(sub.value).toMatchObject({
      catalog: [{ id: "p1" }],
      product: { name: "Glo-Grain Cereal" },
      reviews: [{ author: "Sarah J." }],
    });
    const renamed = await repo.update(Product.changeset(sub.value.product!, { name: "v2" }));
    expect(renamed.name).toBe("v2");
    for await (const transition of sub) {
      if (transition.type !== "change") continue;
      if (transition.changes.product?.some((change) => change.op === "update")) break;
    }
    expect(sub.value.catalog[0]).toMatchObject({ name: "v2" });
    expect(sub.value.product).toMatchObject({ name: "v2" });
  });

  test("dependent syncing: one card moves when one product is saved", async () => {
    for (const id of ["p1", "p2", "p3"]) await repo.insert(Product, { id, name: id }, { tenant });
    const admin = await sync.subscribe(tenant, {
      products: sync.each(sync.all(from(Product).select("id"), { on: "collection" }), (id) =>
        sync.one(Product, id),
      ),
    });
    const changes: unknown[] = [];
    admin.on("change:products", (some) => changes.push(...some));
    await repo.update(Product.changeset(admin.value.products[1]!, { name: "new" }));
    const caughtUp = async () => {
      const { version } = await repo.transactional(tenant, async () => undefined, { returning: "version" });
      await admin.until(version);
      // Listeners are called after the version is reached.
      await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await caughtUp();
    expect(changes).toMatchObject([{ op: "update", key: "p2", row: { name: "new" } }]);
    await repo.delete(admin.value.products[0]!);
    await repo.insert(Product, { id: "p4", name: "p4" }, { tenant });
    await caughtUp();
    expect(admin.value.products.map((product) => product.id)).toEqual(["p2", "p3", "p4"]);
  });

  test("a listener is not in the transaction in which somebody subscribed", async () => {
    const sub = await repo.transactional(tenant, async () => {
      await repo.insert(Product, { id: "p0", name: "p0" });
      return sync.subscribe(tenant, page());
    });
    const names: unknown[] = [];
    const done = new Promise<void>((resolve, reject) => {
      sub.on("change:product", () => {
        repo.get(Product, "p1", { tenant }).then((row) => {
          names.push(row?.name);
          resolve();
        }, reject);
      });
    });
    await repo.insert(Product, { id: "p1", name: "one" }, { tenant });
    await done;
    expect(names).toEqual(["one"]);
  });

  test("quiet subscriptions are told how far they are complete", async () => {
    const quick = new Sync(repo, { heartbeatMs: 20 });
    const sub = await quick.subscribe(tenant, page());
    const versions: bigint[] = [];
    for await (const transition of sub) {
      if (transition.type === "snapshot") continue;
      expect(transition.type).toBe("progress");
      if (transition.type === "progress") versions.push(transition.version);
      if (versions.length === 3) break;
    }
    expect([...versions].sort()).toEqual(versions);
    await quick.close();
  });

  test("times that no timer can keep are refused; logs may be kept for ever", async () => {
    for (const heartbeatMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, "15000" as never])
      expect(() => new Sync(repo, { heartbeatMs })).toThrow(
        /^heartbeatMs is a positive number of milliseconds/,
      );
    expect(() => new Sync(repo, { retentionMs: 0 })).toThrow(RangeError);
    await new Sync(repo, { retentionMs: Number.POSITIVE_INFINITY }).close();
  });

  test("closing the Repo ends its subscriptions", async () => {
    const sub = await sync.subscribe(tenant, page());
    const error = new Promise((resolve) => sub.on("error", resolve));
    await repo.close();
    expect(await error).toMatchObject({ code: "engine_closed" });
    expect(sub.state).toBe("closed");
  });
});
