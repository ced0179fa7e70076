import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Engine, transact } from "../../lib/engine/index.js";
import { dataKey, encodeRecord, insertRecord, metaKeys, readRecord } from "../../lib/layer/index.js";
import {
  copyField,
  create,
  deleteField,
  drop,
  index,
  migrateTenant,
  renameField,
} from "../../lib/migration/index.js";
import { getMeta } from "../../lib/schema/index.js";
import { allOf, openProcess, openStore, type Process, User, user, users } from "../layer/support.js";
import { differences, idOf, migration, release, seed } from "./support.js";

let engine: Engine;
let one: Process;

beforeEach(async () => {
  engine = await openStore();
  one = await openProcess(engine);
});
afterEach(() => engine.close());

/** Rows of an earlier release, whose schema had another field. */
async function seedOld(count: number, stored: string): Promise<void> {
  await transact(engine, async (tx) => {
    for (let n = 0; n < count; n++) {
      const row = user({ id: idOf(n), name: `name${n}` });
      tx.set(dataKey(one, users, [idOf(n)]), encodeRecord(users, row, new Map([[stored, `old${n}`]])));
    }
  });
}

describe("copyField", () => {
  test("copies where there is a value and the other differs, keeps indexes in step, counts what it changed", async () => {
    await seed(one, 40, (n) =>
      user({ id: idOf(n), name: n % 4 === 0 ? null : `n${n}`, email: n % 4 === 1 ? `n${n}` : null }),
    );
    await migrateTenant(await release(one), one.tenant, [
      [1, migration(() => [create(index(User, ["email"]))])],
    ]);
    const host = await release(one);
    expect(await copyField(host, one.tenant, User, "name", "email", { stepBytes: 200 })).toEqual({
      rows: 40,
      changed: 20,
    });
    expect(await differences(one, users, "users_email_index")).toEqual([]);
    expect((await allOf<User>(one, users)).every((u) => u.name === null || u.email === u.name)).toBe(true);
    expect(await copyField(host, one.tenant, User, "name", "email")).toEqual({ rows: 40, changed: 0 });
  });

  test("goes on where it was when it is interrupted", async () => {
    await seed(one, 60, (n) => user({ id: idOf(n), name: `n${n}` }));
    const host = await release(one);
    const controller = new AbortController();
    let steps = 0;
    const first = copyField(host, one.tenant, User, "name", "email", {
      stepBytes: 200,
      signal: controller.signal,
      onProgress: () => {
        if (++steps === 3) controller.abort(new Error("stopped"));
      },
    });
    await expect(first).rejects.toThrow("stopped");
    const done = (await allOf<User>(one, users)).filter((u) => u.email !== null).length;
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(60);
    const seen: number[] = [];
    const result = await copyField(host, one.tenant, User, "name", "email", {
      stepBytes: 200,
      onProgress: ({ rows }) => seen.push(rows),
    });
    expect(result).toEqual({ rows: 60, changed: 60 });
    expect(seen[0]).toBeGreaterThan(done);
    expect(
      await transact(engine, (tx) => tx.get(metaKeys.job(one.tenant, "users copy name email"))),
    ).toBeUndefined();
  });

  test("refuses a field that is unknown, and the key", async () => {
    const host = await release(one);
    // @ts-expect-error not a field
    await expect(copyField(host, one.tenant, User, "nme", "email")).rejects.toMatchObject({
      code: "migration_failed",
    });
    await expect(copyField(host, one.tenant, User, "name", "id")).rejects.toMatchObject({
      code: "migration_failed",
    });
  });
});

describe("renameField", () => {
  test("moves stored values of a field that has left the schema, without overwriting newer ones", async () => {
    await seedOld(20, "nick");
    await one.run((ctx) => insertRecord(ctx, users, user({ id: "new", email: "kept" })));
    const host = await release(one);
    expect(await renameField(host, one.tenant, User, "nick", "email", { stepBytes: 300 })).toEqual({
      rows: 21,
      changed: 20,
    });
    const rows = await allOf<User>(one, users);
    expect(rows.map((u) => u.email)).toEqual(["kept", ...[...Array(20).keys()].map((n) => `old${n}`)]);
    expect(rows.every((u) => getMeta(u)?.unknownFields === undefined)).toBe(true);
  });
});

describe("deleteField", () => {
  test("removes stored values, but not while the schema has the field or an index uses it", async () => {
    await seedOld(5, "nick");
    const host = await release(one);
    await expect(deleteField(host, one.tenant, User, "email")).rejects.toMatchObject({
      code: "migration_failed",
    });
    const byNick = migration(() => [create(index("users", ["nick"], { types: { nick: "string" } }))]);
    await migrateTenant(host, one.tenant, [[1, byNick]]);
    await expect(deleteField(host, one.tenant, User, "nick")).rejects.toMatchObject({
      code: "migration_failed",
    });
    await migrateTenant(host, one.tenant, [
      [1, byNick],
      [2, migration(() => [drop(index("users", ["nick"]))])],
    ]);
    expect(await deleteField(host, one.tenant, User, "nick")).toEqual({ rows: 5, changed: 5 });
    const row = await one.run((ctx) => readRecord<User>(ctx, users, [idOf(1)]));
    expect(row?.name).toBe("name1");
    expect(getMeta(row as User)?.unknownFields).toBeUndefined();
  });
});
