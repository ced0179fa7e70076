import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  cast,
  change,
  from,
  InvalidOptionsError,
  Multi,
  MultiFailedError,
  type Repo,
  type Tenant,
} from "../../lib/index.js";
import { Note, openShop, Product } from "./shop.js";

let repo: Repo;
let tenant: Tenant;
beforeAll(async () => {
  ({ repo, tenant } = await openShop());
});
afterAll(() => repo.close());

const exists = (id: string) => repo.exists(from(Note).where({ id }), { tenant });
const nameless = () => cast(Product, {}, ["name"]).validateRequired(["name"]);

describe("repo.transact", () => {
  test("stores and gives what succeeded: a result as it is, another value in one", async () => {
    const plain = await repo.transact(tenant, (tx) => tx.insert(Note, { id: "t1" }));
    expect(plain).toMatchObject({ ok: true, value: { id: "t1" } });
    const own = await repo.transact(tenant, async (tx) => {
      await tx.insert(Note, { id: "t2" });
      return { ok: true, notes: 2 } as const;
    });
    expect(own).toEqual({ ok: true, notes: 2 });
    expect(await repo.transact(tenant, () => undefined)).toEqual({ ok: true, value: undefined });
    expect([await exists("t1"), await exists("t2")]).toEqual([true, true]);
  });

  test("stores nothing of what failed, and gives it as it is", async () => {
    let committed = 0;
    const failed = { ok: false, reason: "sold out" } as const;
    const given = await repo.transact(tenant, async (tx) => {
      await tx.insert(Note, { id: "f1" });
      repo.afterCommit(() => committed++);
      return failed;
    });
    expect(given).toBe(failed);
    const refused = await repo.transact(tenant, async (tx) => {
      await tx.insert(Note, { id: "f2" });
      return tx.tryInsert(nameless());
    });
    expect(refused.ok || ("changeset" in refused && refused.changeset.traverseErrors())).toEqual({
      name: ["can't be blank"],
    });
    expect([await exists("f1"), await exists("f2"), committed]).toEqual([false, false, 0]);
  });

  test("tells a rollback from success", async () => {
    const given = await repo.transact(tenant, async (tx) => {
      await tx.insert(Note, { id: "r1" });
      return tx.rollback("enough");
    });
    expect(given).toEqual({ ok: false, error: "enough" });
    expect(await exists("r1")).toBe(false);
    await expect(repo.transact(tenant, () => Promise.reject(new Error("mine")))).rejects.toThrow("mine");
  });

  test("a record whose field is called ok is a value", async () => {
    class Answer {
      readonly ok = false;
    }
    expect(await repo.transact(tenant, () => new Answer())).toEqual({ ok: true, value: new Answer() });
  });

  test("inside of a transaction is a part, of which nothing is kept when it failed", async () => {
    await repo.transactional(tenant, async (tx) => {
      await tx.insert(Note, { id: "n1" });
      const part = await repo.transact(async () => {
        await repo.insert(Note, { id: "n2" });
        return { ok: false } as const;
      });
      expect(part).toEqual({ ok: false });
      const multi = await repo.transact(new Multi().insert("n", Note, { id: "n3" }).error("no", 1));
      expect(multi).toMatchObject({ ok: false, failedOperation: "no", failedValue: 1 });
    });
    expect([await exists("n1"), await exists("n2"), await exists("n3")]).toEqual([true, false, false]);
    const ended = await repo.transact(tenant, async () => {
      await repo.insert(Note, { id: "n4" });
      await repo.transact(() => repo.rollback("all of it"));
      return 1;
    });
    expect(ended).toEqual({ ok: false, error: "all of it" });
    expect(await exists("n4")).toBe(false);
  });

  test("takes a Multi, whose result is given", async () => {
    const multi = new Multi().insert("note", Note, { id: "m1" });
    expect(await repo.transact(tenant, multi)).toMatchObject({ ok: true, value: { note: { id: "m1" } } });
    const failing = new Multi()
      .insert("note", Note, { id: "m2" })
      .update("again", ({ note }) => change(note, { text: "x" }))
      .error("stop", "here");
    expect(await repo.transact(tenant, failing)).toMatchObject({ ok: false, failedOperation: "stop" });
    expect(await exists("m2")).toBe(false);
  });

  test("keeps the first result of a request, and none of one that failed", async () => {
    let runs = 0;
    const ask = (ok: boolean) =>
      repo.transact(
        tenant,
        () => (ok ? { ok: true, run: ++runs } : { ok: false, run: ++runs }) as { ok: boolean; run: number },
        {
          idempotencyKey: "request",
        },
      );
    expect([await ask(false), await ask(true), await ask(true)]).toEqual([
      { ok: false, run: 1 },
      { ok: true, run: 2 },
      { ok: true, run: 2 },
    ]);
  });

  test("refuses what it cannot serve", async () => {
    await expect(repo.transact(tenant, () => 1, { returning: "version" } as never)).rejects.toThrow(
      /repo.transact has no option "returning"/,
    );
    await expect(repo.transact(tenant, 5 as never)).rejects.toThrow(InvalidOptionsError);
  });
});

describe("a Multi", () => {
  test("fails by what its function gives as failed", async () => {
    const multi = new Multi()
      .insert("note", Note, { id: "mr1" })
      .run("sold", () => ({ ok: false, left: 0 }) as { ok: false; left: number } | { ok: true; left: number })
      .run("after", (_, { sold }) => sold.left);
    expect(await repo.transactional(tenant, multi)).toMatchObject({
      ok: false,
      failedOperation: "sold",
      failedValue: { ok: false, left: 0 },
      changesSoFar: { note: { id: "mr1" } },
    });
    expect(await exists("mr1")).toBe(false);
    const kept = new Multi().run("sold", () => ({ ok: true, left: 1 }));
    expect(await repo.transactional(tenant, kept)).toMatchObject({ value: { sold: { ok: true, left: 1 } } });
    const inside = repo.transactional(tenant, () => repo.transactional(multi));
    await expect(inside).rejects.toThrow(MultiFailedError);
  });
});
