import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  build,
  change,
  from,
  IncorrectTenancyError,
  InvalidMultiError,
  InvalidOptionsError,
  Multi,
  Repo,
  type Tenant,
} from "../../lib/index.js";
import { Author, Note, openShop, Product, Review, Shop } from "./shop.js";

let repo: Repo;
let tenant: Tenant;
beforeAll(async () => {
  ({ repo, tenant } = await openShop());
});
afterAll(() => repo.close());

const note = (id: string, text: string | null = null) => build(Note, { id, text });
const ids = async () => (await repo.all(from(Note).select("id"), { tenant })) as string[];

describe("a Multi", () => {
  test("has every verb, each with the results of those before it", async () => {
    const multi = new Multi()
      .put("prefix", "every ")
      .insert("first", Note, ({ prefix }) => ({ id: `${prefix}1` }))
      .insert("built", Note, note("every 2"))
      .insert("changeset", Note, change(note("every 3"), { text: "c" }))
      .insertOrUpdate("again", ({ first }) => change(first, { text: "again" }))
      .update("second", ({ built }) => change(built, { text: "b" }))
      .insertAll("more", Note, ({ prefix }) => [{ id: `${prefix}4` }, { id: `${prefix}5` }])
      .updateAll("all", from(Note).where({ id: { startsWith: "every " } }), (one) => ({
        text: `${one.text}!`,
      }))
      .get("got", Note, ({ first }) => first.id)
      .getBy("by", Product, { name: "nothing" })
      .one("one", from(Note).where({ id: "every 4" }).select("text"))
      .all("list", ({ prefix }) =>
        from(Note)
          .where({ id: { startsWith: prefix } })
          .select("id"),
      )
      .exists("there", from(Note).where({ id: "every 9" }))
      .run("counted", async (tx, { list }) => [
        list.length,
        await tx.count(from(Note).where({ id: { startsWith: "every " } })),
      ])
      .delete("gone", ({ first }) => first)
      .deleteAll("rest", from(Note).where({ id: { in: ["every 4", "every 5"] } }));
    const result = await repo.transactional(tenant, multi);
    expect(result).toMatchObject({
      ok: true,
      value: {
        prefix: "every ",
        again: { text: "again" },
        second: { text: "b" },
        more: { count: 2 },
        all: { count: 5 },
        got: { id: "every 1", text: "again!" },
        by: null,
        one: "null!",
        list: ["every 1", "every 2", "every 3", "every 4", "every 5"],
        there: false,
        counted: [5, 5],
        gone: { id: "every 1" },
        rest: { count: 2 },
      },
    });
    expect(await ids()).toEqual(["every 2", "every 3"]);
    expect(multi.names.slice(0, 3)).toEqual(["prefix", "first", "built"]);
  });

  test("gives what bulk operations are asked for, and inserts the rows of a query", async () => {
    const copied = ({ id, text }: Note) => ({ id: `copy of ${id}`, text });
    const multi = new Multi()
      .insertAll("made", Note, [{ id: "bulk 1" }, change(note("bulk 2"), { text: "b" })], { returning: "id" })
      .put("prefix", "bulk")
      .insertAll("copied", Note, ({ prefix }) => from(Note).where({ id: { startsWith: prefix } }), copied, {
        returning: ["id", "text"],
      })
      .updateAll(
        "set",
        from(Note).where({ id: { startsWith: "copy" } }),
        { text: "c" },
        { returning: ["text"] },
      )
      .deleteAll("gone", from(Note).where({ id: { startsWith: "copy" } }), { returning: "id" })
      .deleteAll("silent", from(Note).where({ id: { startsWith: "bulk" } }));
    expect(await repo.transactional(tenant, multi)).toEqual({
      ok: true,
      value: {
        made: { count: 2, records: ["bulk 1", "bulk 2"] },
        prefix: "bulk",
        copied: {
          count: 2,
          records: [
            { id: "copy of bulk 1", text: null },
            { id: "copy of bulk 2", text: "b" },
          ],
        },
        set: { count: 2, records: [{ text: "c" }, { text: "c" }] },
        gone: { count: 2, records: ["copy of bulk 1", "copy of bulk 2"] },
        silent: { count: 2 },
      },
    });
    const wrong = new Multi().insertAll("a", Note, from(Note), "x" as never);
    await expect(repo.transactional(tenant, wrong)).rejects.toThrow(InvalidOptionsError);
  });

  test("stands before and behind others, and is made of results by merge", async () => {
    const lines = ["a", "b"];
    const first = new Multi().insert("start", Note, { id: "merge start" });
    const last = new Multi().insert("end", Note, { id: "merge end" });
    const multi = new Multi()
      .put("lines", lines)
      .merge(({ lines: of }) =>
        of.reduce(
          (all, line) => all.insert(line, Note, { id: `merge ${line}` }) as never,
          new Multi<Record<string, Note>>(),
        ),
      )
      .run("after", (_, { a, b }) => [a?.id, b?.id])
      .prepend(first)
      .append(last);
    expect(multi.names).toEqual(["start", "lines", "after", "end"]);
    const result = await repo.transactional(tenant, multi);
    expect(result.ok && Object.keys(result.value)).toEqual(["start", "lines", "a", "b", "after", "end"]);
    expect(result.ok && result.value.after).toEqual(["merge a", "merge b"]);
    expect(await repo.count(from(Note).where({ id: { startsWith: "merge " } }), { tenant })).toBe(4);
  });

  test("ends with the operation that fails, whatever way it fails, and stores nothing", async () => {
    const before = await ids();
    const start = () => new Multi().insert("kept", Note, { id: "failing" });
    const taken = await repo.insert(Author, { email: "multi@x" }, { tenant });
    const failures = [
      [start().error("no", 5), 5],
      [start().run("no", () => Multi.fail("because")), "because"],
      [start().merge(() => new Multi().error("no", "inside")), "inside"],
      [
        start().insert(
          "no",
          Author,
          change(build(Author, {}), { email: taken.email }).uniqueConstraint("email"),
        ),
        undefined,
      ],
      [start().update("no", change(taken, { email: "y" }).addError("email", "is odd")), undefined],
    ] as const;
    for (const [multi, value] of failures) {
      const result = await repo.transactional(tenant, multi as Multi<{ kept: Note }>);
      expect(result).toMatchObject({
        ok: false,
        failedOperation: "no",
        changesSoFar: { kept: { id: "failing" } },
      });
      if (value !== undefined) expect(result).toMatchObject({ failedValue: value });
      else expect((result as { failedValue: { valid: boolean } }).failedValue.valid).toBe(false);
    }
    await expect(
      repo.transactional(
        tenant,
        start().run("no", () => Promise.reject(new Error("mine"))),
      ),
    ).rejects.toThrow("mine");
    await expect(
      repo.transactional(tenant, start().insert("no", Note, { id: "failing" })),
    ).rejects.toMatchObject({
      code: "primary_key_exists",
    });
    expect(await ids()).toEqual(before);
  });

  test("gives its version when asked, also when it fails", async () => {
    const done = await repo.transactional(tenant, new Multi().insert("a", Note, { id: "version" }), {
      returning: "version",
    });
    expect(done.value).toMatchObject({ ok: true, value: { a: { id: "version" } } });
    expect(done.version).toBeGreaterThan(0n);
    const failed = await repo.transactional(tenant, new Multi().get("a", Note, "version").error("b", 1), {
      returning: "version",
    });
    expect(failed.value).toMatchObject({ ok: false, failedOperation: "b" });
    expect(failed.version).toBeGreaterThanOrEqual(done.version);
    const rolled = await repo.transactional(tenant, (tx) => tx.rollback("value") as string, {
      returning: "version",
    });
    expect(rolled).toEqual({ value: "value", version: expect.any(BigInt) });
  });

  test("needs no tenant on a single-tenant Repo, and one on any other", async () => {
    const single = new Repo({
      engine: await repo.engine(),
      storageId: "shop",
      tenantId: "multi",
      migrations: [[1, Shop]],
    });
    expect(await single.transactional(new Multi().insert("a", Note, { id: "single" }))).toMatchObject({
      ok: true,
    });
    expect(await single.get(Note, "single")).not.toBeNull();
    await expect(repo.transactional(new Multi().put("a", 1))).rejects.toThrow(IncorrectTenancyError);
  });

  test("is never changed, and refuses names twice and operations that are none", async () => {
    const one = new Multi().put("a", 1);
    one.put("b", 2);
    expect(one.names).toEqual(["a"]);
    expect(() => one.put("a", 2)).toThrow(InvalidMultiError);
    expect(() => one.put("", 2)).toThrow(InvalidMultiError);
    expect(() => one.append(new Multi().put("a", 2))).toThrow(InvalidMultiError);
    expect(() => one.merge(new Multi() as never)).toThrow(InvalidMultiError);
    await expect(
      repo.transactional(
        tenant,
        one.merge(() => new Multi().put("a", 2)),
      ),
    ).rejects.toThrow(InvalidMultiError);
    await expect(
      repo.transactional(
        tenant,
        one.merge(() => 5 as never),
      ),
    ).rejects.toThrow(InvalidMultiError);
  });
});

test("preload of what was not found is null", async () => {
  expect(await repo.preload(await repo.get(Product, "nobody", { tenant }), "reviews", { tenant })).toBeNull();
  expect(await repo.preload([] as Review[], "product", { tenant })).toEqual([]);
});
