import { afterEach, describe, expect, test } from "@jest/globals";
import {
  change,
  create,
  Field,
  from,
  index,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  Tenant,
  type TransactionOptions,
} from "plinth";
import { refusals } from "../support/refusals.js";
import { openWorld, Person, problems, sleep, type World } from "./support.js";

/** Many transactions at once, awkward keys and long rows. */

/** `transaction_too_old`, of a machine that is too slow for all of them in five seconds. */
const TOO_OLD = 1007;

let world: World;
afterEach(async () => {
  await world.repo.close();
  await world.engine.close();
});

describe("thousands of transactions at once", () => {
  const count = Number(process.env.PLINTH_CROWD ?? 1_000);

  test("on one record count every one, in about one attempt each", async () => {
    world = await openWorld();
    const { repo, tenant } = world;
    await repo.insert(Person, { id: "hot", age: 0 }, { tenant });
    let attempts = 0;
    await Promise.all(
      Array.from({ length: count }, () =>
        repo.transactional(tenant, async () => {
          attempts++;
          const person = await repo.getOrThrow(Person, "hot");
          await repo.update(change(person, { age: person.age! + 1 }));
        }),
      ),
    );
    expect((await repo.get(Person, "hot", { tenant }))?.age).toBe(count);
    expect(attempts).toBeLessThanOrEqual(count * 1.05);
  });

  test("on different records do not disturb each other", async () => {
    world = await openWorld();
    const { repo, tenant } = world;
    const refused = refusals(world.engine);
    let attempts = 0;
    await Promise.all(
      Array.from({ length: count }, (_, i) =>
        repo.transactional(tenant, async () => {
          attempts++;
          if ((await repo.get(Person, `p${i}`)) === null)
            await repo.insert(Person, { id: `p${i}`, age: i % 10 });
        }),
      ),
    );
    expect(refused.filter((code) => code !== TOO_OLD)).toEqual([]);
    expect(attempts).toBe(count + refused.length);
    expect(await repo.count(Person, { tenant })).toBe(count);
  });

  test("that insert one id store it once; those that upsert it keep the last", async () => {
    world = await openWorld();
    const { repo, tenant } = world;
    const inserts = await Promise.allSettled(
      Array.from({ length: 200 }, (_, i) => repo.insert(Person, { id: "one", age: i }, { tenant })),
    );
    expect(inserts.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        repo.insert(Person, { id: "two", age: i, city: `c${i}` }, { tenant, onConflict: "replaceAll" }),
      ),
    );
    const deletes = await Promise.allSettled(
      Array.from({ length: 20 }, async () =>
        repo.delete((await repo.get(Person, "one", { tenant })) as Person),
      ),
    );
    expect(deletes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await problems(repo, tenant, [Person])).toEqual([]);
  });
});

test("waiting for a record that others change counts towards a transaction's time", async () => {
  world = await openWorld();
  const { repo, tenant } = world;
  await repo.insert(Person, { id: "hot", age: 0 }, { tenant });
  const increment = (options: TransactionOptions, meanwhile?: Promise<unknown>) =>
    repo.transactional(
      tenant,
      async () => {
        const person = await repo.getOrThrow(Person, "hot");
        await repo.update(change(person, { age: person.age! + 1 }));
        await meanwhile;
      },
      options,
    );
  let release: () => void = () => undefined;
  const holding = new Promise<void>((resolve) => {
    release = resolve;
  });
  const holder = increment({}, holding);
  await sleep(5);
  const order: string[] = [];
  const patient = increment({}).then(() => order.push("patient"));
  const hurried = increment({ timeoutMs: 10 }).catch((error) => order.push(error.constructor.name));
  await hurried;
  release();
  await Promise.all([holder, patient]);
  expect(order).toEqual(["TransactionTimeoutError", "patient"]);
  expect((await repo.get(Person, "hot", { tenant }))?.age).toBe(2);
});

@Schema("raw")
class Raw {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare text: string | null;
  @Field("binary") declare bytes: Uint8Array | null;
}

@Schema("blobs")
class Blob {
  @PrimaryKey("binary") declare id: Uint8Array;
  @Field("string") declare text: string | null;
}

@Schema("longs")
class Long {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare group: string | null;
  @Field("integer") declare rank: number | null;
  @Field("binary") declare body: Uint8Array | null;
}

class Keys extends Migration {
  change() {
    return [
      create(index(Raw, ["text"])),
      create(index(Raw, ["bytes"])),
      create(metadata(Raw)),
      create(index(Blob, ["text"])),
      create(index(Long, ["group", "rank"])),
      create(metadata(Long)),
    ];
  }
}

async function keys(): Promise<{ repo: Repo; tenant: Tenant }> {
  world = await openWorld({ migrations: [[1, Keys]] });
  return world;
}

const awkward = [
  "",
  "\0",
  "\0\0",
  "\0\u00ff",
  "a",
  "a\0",
  "a\0b",
  "a\u00ff",
  "a\u00ffb",
  "aa",
  "\u007f",
  "\u0080",
  "\u00ff",
  "\u07ff\u0800",
  "\ud7ff",
  "\ue000",
  "\uffff",
  "😀",
  "😀\0",
  "\u{10ffff}",
];
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

describe("text with every kind of byte", () => {
  test("is found, ordered, paged, bounded and deleted, as a key and in an index", async () => {
    const { repo, tenant } = await keys();
    await repo.insertAll(
      Raw,
      awkward.map((text) => ({ id: text, text, bytes: Buffer.from(text) })),
      { tenant },
    );
    const sorted = [...awkward].sort(byBytes);
    for (const field of ["id", "text"] as const) {
      expect(await repo.all(from(Raw).orderBy(field).select("id"), { tenant })).toEqual(sorted);
      expect(
        await repo.all(
          from(Raw)
            .orderBy({ [field]: "desc" })
            .select("id"),
          { tenant },
        ),
      ).toEqual([...sorted].reverse());
      const paged: string[] = [];
      for (let after: unknown = null; ; ) {
        const page = await repo.page(from(Raw).orderBy(field), { limit: 3, tenant, after: after as never });
        paged.push(...page.rows.map(({ id }) => id));
        if (page.next === null) break;
        after = page.next;
      }
      expect(paged).toEqual(sorted);
      for (const one of awkward) {
        expect(
          await repo.all(
            from(Raw)
              .where({ [field]: one })
              .select("id"),
            { tenant },
          ),
        ).toEqual([one]);
        for (const [operator, keep] of [
          ["gt", (text: string) => byBytes(text, one) > 0],
          ["gte", (text: string) => byBytes(text, one) >= 0],
          ["lt", (text: string) => byBytes(text, one) < 0],
          ["lte", (text: string) => byBytes(text, one) <= 0],
          ["startsWith", (text: string) => text.startsWith(one)],
        ] as const) {
          const rows = await repo.all(
            from(Raw)
              .where({ [field]: { [operator]: one } } as never)
              .select("id"),
            { tenant },
          );
          expect([field, operator, one, rows]).toEqual([field, operator, one, sorted.filter(keep)]);
        }
      }
    }
    for (const one of awkward) {
      expect(await repo.getBy(Raw, { bytes: Buffer.from(one) }, { tenant })).toMatchObject({ id: one });
      await repo.update(change((await repo.getOrThrow(Raw, one, { tenant })) as Raw, { text: `${one}!` }));
      await repo.delete(await repo.getOrThrow(Raw, one, { tenant }));
    }
    expect(await repo.all(Raw, { tenant })).toEqual([]);
    expect(await problems(repo, tenant, [Raw])).toEqual([]);
  });

  test("is refused when it cannot be stored as it is", async () => {
    const { repo, tenant } = await keys();
    for (const text of ["\ud800", "a\udc00b"]) {
      await expect(repo.insert(Raw, { id: text }, { tenant })).rejects.toThrow();
      await expect(repo.insert(Raw, { id: "ok", text }, { tenant })).rejects.toThrow();
    }
    expect(await repo.all(Raw, { tenant })).toEqual([]);
  });

  test("names tenants and sources apart", async () => {
    const { repo } = await keys();
    const names = awkward.filter((name) => name !== "" && !name.includes("\0"));
    for (const name of names) {
      const tenant = await Tenant.openOrCreate(repo, name);
      await repo.insert(Raw, { id: "same", text: name }, { tenant });
    }
    for (const name of names) {
      const tenant = await Tenant.open(repo, name);
      expect(await repo.all(from(Raw).select("text"), { tenant })).toEqual([name]);
    }
  });
});

test("bytes with every kind of byte are keys", async () => {
  const { repo, tenant } = await keys();
  const ids = [[], [0], [0, 0], [0, 255], [1], [255], [255, 0], [255, 255], [0x15, 0x16], [0x14]].map((id) =>
    Uint8Array.from(id),
  );
  await repo.insertAll(
    Blob,
    ids.map((id, i) => ({ id, text: `b${i}` })),
    { tenant },
  );
  const sorted = [...ids].sort(Buffer.compare).map((id) => [...id]);
  expect((await repo.all(Blob, { tenant })).map(({ id }) => [...id])).toEqual(sorted);
  for (const [i, id] of ids.entries()) {
    expect((await repo.get(Blob, id, { tenant }))?.text).toBe(`b${i}`);
    expect([...((await repo.getBy(Blob, { text: `b${i}` }, { tenant }))?.id ?? [])]).toEqual([...id]);
  }
});

test("rows of 300 kB are whole through indexes, backwards, in pages, streams and transactions", async () => {
  const { repo, tenant } = await keys();
  const body = (i: number) => new Uint8Array(i % 3 === 0 ? 300_000 : 10).fill(i);
  const ids = Array.from({ length: 12 }, (_, i) => `l${String(i).padStart(2, "0")}`);
  await repo.insertAll(
    Long,
    ids.map((id, i) => ({ id, group: i % 2 ? "odd" : "even", rank: 100 - i, body: body(i) })),
    {
      tenant,
      batch: 4,
    },
  );
  const whole = (rows: readonly Long[]) =>
    rows.every((row) => Buffer.compare(row.body!, body(Number(row.id.slice(1)))) === 0);
  const check = (rows: readonly Long[], expected: readonly string[]) => {
    expect(rows.map(({ id }) => id)).toEqual(expected);
    expect(whole(rows)).toBe(true);
  };
  const even = ids.filter((_, i) => i % 2 === 0);
  check(await repo.all(Long, { tenant }), ids);
  check(await repo.all(from(Long).reverseOrder(), { tenant }), [...ids].reverse());
  check(await repo.all(from(Long).reverseOrder().limit(3), { tenant }), ids.slice(-3).reverse());
  check(await repo.all(from(Long).where({ group: "even" }).orderBy("rank"), { tenant }), [...even].reverse());
  check(await repo.all(from(Long).where({ id: { gt: "l02", lte: "l06" } }), { tenant }), ids.slice(3, 7));
  check(await repo.all(from(Long).where({ id: { in: ["l00", "l03", "nope", "l04"] } }), { tenant }), [
    "l00",
    "l03",
    "l04",
  ]);
  for (const query of [
    from(Long),
    from(Long).reverseOrder(),
    from(Long).where({ group: "even" }).orderBy({ rank: "desc" }),
  ]) {
    const all = await repo.all(query, { tenant });
    const paged: Long[] = [];
    for (let after: unknown = null; ; ) {
      const page = await repo.page(query, { limit: 2, tenant, after: after as never });
      paged.push(...page.rows);
      if (page.next === null) break;
      after = page.next;
    }
    check(
      paged,
      all.map(({ id }) => id),
    );
    const streamed: Long[] = [];
    for await (const row of repo.stream(query, { tenant, batch: 1 })) streamed.push(row as Long);
    check(
      streamed,
      all.map(({ id }) => id),
    );
  }
  await repo.transactional(tenant, async () => {
    const first = await repo.getOrThrow(Long, "l00");
    await repo.update(change(first, { body: new Uint8Array(5) }));
    await repo.update(change(await repo.getOrThrow(Long, "l01"), { body: new Uint8Array(250_000) }));
    await repo.delete(await repo.getOrThrow(Long, "l03"));
    await repo.insert(Long, { id: "l03", group: "even", rank: 1, body: new Uint8Array(1) });
    const rows = await repo.all(Long);
    expect(rows.slice(0, 4).map((row) => row.body!.length)).toEqual([5, 250_000, 10, 1]);
  });
  expect((await repo.all(Long, { tenant })).slice(0, 4).map((row) => row.body!.length)).toEqual([
    5, 250_000, 10, 1,
  ]);
  expect(await problems(repo, tenant, [Long])).toEqual([]);
});
