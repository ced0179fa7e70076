import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  create,
  Field,
  from,
  index,
  Migration,
  metadata,
  or,
  PrimaryKey,
  type Query,
  Repo,
  Schema,
  Sync,
  Tenant,
  UnsupportedQueryError,
} from "../../lib/index.js";
import { Fold } from "./fold.js";
import { random } from "./runs.js";

@Schema("parts")
class Part {
  @PrimaryKey("integer") declare id: number;
  @Field("integer") declare a: number | null;
  @Field("integer") declare b: number | null;
  @Field("string") declare code: string;
  @Field("string") declare bare: string | null;
}

class Indexes extends Migration {
  change() {
    return [
      create(metadata(Part)),
      create(index(Part, ["a"])),
      create(index(Part, ["b"])),
      create(index(Part, ["a", "b"])),
      create(index(Part, ["code"], { unique: true })),
    ];
  }
}

const queries: Record<string, Query<Part>> = {
  "excluded values": from(Part).where({ a: { ne: 1 } }),
  "an excluded list, in order": from(Part)
    .where({ a: { notIn: [0, 2, null] } })
    .orderBy(["a", "id"]),
  "ranges of one field": from(Part).where({ or: [{ a: { lt: 1 } }, { a: { gt: 2 } }, { a: null }] }),
  "two fields, by key": from(Part).where(or({ a: 1 }, { b: 2 })),
  "two fields with ranges, part after part": from(Part).where(or({ a: { gt: 2 } }, { b: { lte: 1 } })),
  "a window, merged": from(Part)
    .where(or({ a: 1 }, { b: 2 }))
    .limit(3),
  "a window, part after part": from(Part)
    .where(or({ a: { gte: 2 } }, { b: { lte: 1 } }))
    .limit(4),
  "a window, part after part, backwards": from(Part)
    .where(or({ a: { gte: 2 } }, { b: { lte: 1 } }))
    .reverseOrder()
    .limit(4),
  "a window by an order": from(Part)
    .where({ or: [{ a: 1 }, { a: 3 }, { b: 0, a: 2 }] })
    .orderBy({ id: "desc" })
    .limit(3),
  "a window by a unique field": from(Part).orderBy({ code: "desc" }).limit(3),
  "with a condition on all": from(Part)
    .where({ a: { ne: null } })
    .where(or({ b: 1 }, { b: 3 }, { a: 0 }))
    .scan(),
};

describe("live queries with alternatives and exclusions", () => {
  let repo: Repo;
  let tenant: Tenant;
  let sync: Sync;
  beforeAll(async () => {
    repo = new Repo({ url: "memory:", storageId: "alternatives", migrations: [[1, Indexes]] });
    tenant = await Tenant.openEmpty(repo, "t");
    sync = new Sync(repo);
  });
  afterAll(async () => {
    await sync.close();
    await repo.close();
  });

  test("what is folded equals the fresh queries after every commit, and counts are their lengths", async () => {
    const next = random(Number(process.env.PLINTH_SEED ?? 11));
    const value = () => [null, 0, 1, 2, 3][next(5)]!;
    const names = Object.keys(queries);
    const lists = Object.fromEntries(names.map((name) => [name, sync.all(queries[name]!)]));
    const counts = Object.fromEntries(
      names
        .filter((name) => !name.includes("window"))
        .map((name) => [`number of ${name}`, sync.count(queries[name]!)]),
    );
    await using page = await sync.subscribe(tenant, { ...lists, ...counts } as never);
    const fold = new Fold();
    fold.value = { ...(page.value as Record<string, unknown>) };
    fold.version = page.version;
    page.on("transition", (transition) => fold.apply(transition as never));
    for (let step = 0; step < 60; step++) {
      const { version } = await repo.transactional(
        tenant,
        async () => {
          for (let i = 0; i <= next(3); i++) {
            const id = next(14);
            const known = await repo.get(Part, id);
            if (known !== null && next(3) === 0) await repo.delete(known);
            else {
              const attrs = { id, a: value(), b: value(), code: `c${id}.${next(1000)}`, bare: null };
              await repo.insert(Part, attrs, { onConflict: "replaceAll" });
            }
          }
        },
        { returning: "version" },
      );
      await page.until(version);
      for (const name of names) {
        const fresh = await repo.all(queries[name]!, { tenant });
        const shown = fold.value[name] as Part[];
        expect([name, shown.map((row) => ({ ...row }))]).toEqual([name, fresh.map((row) => ({ ...row }))]);
        if (`number of ${name}` in counts) expect(fold.value[`number of ${name}`]).toBe(fresh.length);
      }
    }
  });

  test.each(Object.keys(queries).filter((name) => name.includes("window")))(
    "%s is read on behind its last row",
    async (name) => {
      const other = await Tenant.openEmpty(repo, "long");
      const rows = Array.from({ length: 120 }, (_, id) => ({
        id,
        a: id % 4,
        b: id % 5,
        code: `c${id}`,
        bare: null,
      }));
      await repo.insertAll(Part, rows, { tenant: other });
      await using page = await sync.subscribe(other, { rows: sync.all(queries[name]!) });
      for (let step = 0; step < 30; step++) {
        const shown = page.value.rows as readonly Part[];
        const { version } = await repo.transactional(
          other,
          async () => {
            await repo.deleteAll(from(Part).where({ id: { in: shown.map(({ id }) => id) } }));
          },
          { returning: "version" },
        );
        await page.until(version);
        const fresh = await repo.all(queries[name]!, { tenant: other });
        expect((page.value.rows as readonly Part[]).map(({ id }) => id)).toEqual(fresh.map(({ id }) => id));
      }
    },
  );

  test("an alternative without an index is refused with the line", async () => {
    const live = sync.all(from(Part).where(or({ a: 1 }, { bare: "x" })));
    await expect(sync.subscribe(tenant, { live })).rejects.toThrow(UnsupportedQueryError);
    const signal = sync.allBy(from(Part), { or: [{ a: 1 }, { b: 1 }] } as never);
    await using page = await sync.subscribe(tenant, { signal });
    expect((page.value.signal as readonly Part[]).every(({ a, b }) => a === 1 || b === 1)).toBe(true);
  });
});
