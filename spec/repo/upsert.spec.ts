import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openEngine } from "../../lib/engine/index.js";
import {
  ConstraintError,
  checkTenant,
  from,
  InvalidOptionsError,
  Repo,
  Tenant,
  UnknownFieldError,
  UnsupportedQueryError,
} from "../../lib/index.js";
import { lateEngine } from "../../lib/testing/index.js";
import { Member, Members } from "./parts/perform.js";

let repo: Repo;
let tenants = 0;
beforeAll(() => {
  repo = new Repo({ url: "memory:", storageId: "upsert", migrations: [[1, Members]] });
});
afterAll(() => repo.close());

async function world(engineRepo = repo) {
  const tenant = await Tenant.create(engineRepo, `t${++tenants}`);
  await engineRepo.insert(Member, { id: "a", n: 1, mail: "x" }, { tenant });
  return tenant;
}

async function stored(tenant: Tenant, engineRepo = repo) {
  expect((await checkTenant(engineRepo, tenant)).problems).toEqual([]);
  const rows = await engineRepo.all(from(Member).orderBy("id"), { tenant });
  return rows.map(({ id, n, mail }) => [id, n, mail]);
}

const byMail = { conflictTarget: ["mail"] } as const;

describe("an upsert on a unique index", () => {
  test("merges into the record that holds the value, which keeps its key", async () => {
    const tenant = await world();
    const replaced = await repo.insert(
      Member,
      { id: "b", n: 2, mail: "x" },
      { tenant, onConflict: "replaceAll", ...byMail },
    );
    expect(replaced).toMatchObject({ id: "a", n: 2, mail: "x" });
    const some = await repo.insert(
      Member,
      { id: "c", n: 3, mail: "x" },
      { tenant, onConflict: { replace: ["mail"] }, ...byMail },
    );
    expect(some).toMatchObject({ id: "a", n: 2 });
    const rest = { onConflict: { replaceAllExcept: ["mail"] }, ...byMail } as const;
    expect(await repo.insert(Member, { id: "d", n: 4, mail: "x" }, { tenant, ...rest })).toMatchObject({
      id: "a",
      n: 4,
    });
    const kept = await repo.insert(
      Member,
      { id: "e", n: 5, mail: "x" },
      { tenant, onConflict: "nothing", ...byMail },
    );
    expect(kept).toMatchObject({ id: "a", n: 4 });
    expect(await stored(tenant)).toEqual([["a", 4, "x"]]);
  });

  test("inserts where nobody holds the value, or where it is null", async () => {
    const tenant = await world();
    for (const [id, mail] of [
      ["b", "y"],
      ["c", null],
      ["d", null],
    ] as const)
      await repo.insert(Member, { id, n: 2, mail }, { tenant, onConflict: "replaceAll", ...byMail });
    expect(await stored(tenant)).toEqual([
      ["a", 1, "x"],
      ["b", 2, "y"],
      ["c", 2, null],
      ["d", 2, null],
    ]);
  });

  test("of a list counts every row, and the last of equal values stays", async () => {
    const tenant = await world();
    const rows = [
      { id: "b", n: 2, mail: "x" },
      { id: "c", n: 3, mail: "y" },
      { id: "d", n: 4, mail: "y" },
    ];
    const { count } = await repo.insertAll(Member, rows, { tenant, onConflict: "replaceAll", ...byMail });
    expect(count).toBe(3);
    expect(await stored(tenant)).toEqual([
      ["a", 2, "x"],
      ["c", 4, "y"],
    ]);
  });

  test("is still refused under a primary key that is taken by another record", async () => {
    const tenant = await world();
    const taken = repo.insert(
      Member,
      { id: "a", n: 2, mail: "y" },
      { tenant, onConflict: "replaceAll", ...byMail },
    );
    await expect(taken).rejects.toMatchObject({ code: "primary_key_exists" });
    expect(await stored(tenant)).toEqual([["a", 1, "x"]]);
  });

  test("and others that run at once come to one record", async () => {
    const tenant = await world();
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        repo.insert(Member, { id: `m${n}`, n, mail: "z" }, { tenant, onConflict: "replaceAll", ...byMail }),
      ),
    );
    expect((await stored(tenant)).filter(([, , mail]) => mail === "z")).toHaveLength(1);
  });

  test.each([1, 2, 3])(
    "takes effect in the order of the calls on an engine that answers late (seed %i)",
    async (seed) => {
      const plain = await openEngine("memory:");
      const late = new Repo({
        engine: lateEngine(plain, { seed }),
        storageId: "late",
        migrations: [[1, Members]],
      });
      const tenant = await world(late);
      await late.transactional(tenant, () =>
        Promise.all([
          late.insert(Member, { id: "b", n: 2, mail: "y" }),
          late.insert(Member, { id: "c", n: 3, mail: "y" }, { onConflict: "replaceAll", ...byMail }),
          late.insert(Member, { id: "d", n: 4, mail: "x" }, { onConflict: "nothing", ...byMail }),
          late.insert(Member, { id: "e", n: 5, mail: "y" }, { onConflict: { replace: ["n"] }, ...byMail }),
        ]),
      );
      expect(await stored(tenant, late)).toEqual([
        ["a", 1, "x"],
        ["b", 5, "y"],
      ]);
      await late.close();
      await plain.close();
    },
  );

  test("without such an index, without a way, or with a wrong name is refused, and nothing is written", async () => {
    const tenant = await world();
    const attrs = { id: "b", n: 2, mail: "x" };
    const upsert = (options: object) => repo.insert(Member, attrs, { tenant, ...options } as never);
    await expect(upsert({ onConflict: "replaceAll", conflictTarget: ["n"] })).rejects.toThrow(
      /create\(index\(Member, \["n"\], \{ unique: true \}\)\)/,
    );
    await expect(upsert({ onConflict: "replaceAll", conflictTarget: ["n"] })).rejects.toThrow(
      UnsupportedQueryError,
    );
    await expect(upsert(byMail)).rejects.toThrow(InvalidOptionsError);
    await expect(upsert({ onConflict: "replaceAll", conflictTarget: ["nope"] })).rejects.toThrow(
      UnknownFieldError,
    );
    await expect(upsert({ onConflict: "replaceAll", conflictTarget: "mail" })).rejects.toThrow(
      InvalidOptionsError,
    );
    await expect(upsert({})).rejects.toThrow(ConstraintError);
    expect(await stored(tenant)).toEqual([["a", 1, "x"]]);
  });
});
