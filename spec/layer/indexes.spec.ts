import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Engine, transact } from "../../lib/engine/index.js";
import {
  createContext,
  decodeEntry,
  decodeMeta,
  deleteRecord,
  entryValues,
  type IndexInfo,
  indexRange,
  insertRecord,
  metaKeys,
  prefixRange,
  readCounter,
  readCounters,
  readCustomIndex,
  readLog,
  registerIndexer,
  sourceKeys,
  updateRecord,
} from "../../lib/layer/index.js";
import { pack } from "../../lib/tuple/index.js";
import {
  allOf,
  entriesOf,
  item,
  items,
  keysBehind,
  openProcess,
  openStore,
  type Process,
  register,
  registration,
  type User,
  user,
  users,
} from "./support.js";

let engine: Engine;
let one: Process;

beforeEach(async () => {
  engine = await openStore();
  one = await openProcess(engine);
});
afterEach(() => engine.close());

const put = (values: Partial<User>) => one.run((ctx) => insertRecord(ctx, users, user(values)));
const change = (id: string, values: Partial<User>) =>
  one.run((ctx) => updateRecord<User>(ctx, users, [id], (u) => user({ ...u, ...values })));
const remove = (id: string) => one.run((ctx) => deleteRecord(ctx, users, [id]));
const ids = async (index: IndexInfo) => (await entriesOf(one, users, index)).map((e) => String(e.pk[0]));

async function found(
  index: IndexInfo,
  ...range: [Parameters<typeof indexRange>[2], Parameters<typeof indexRange>[3]?]
) {
  const { begin, end } = indexRange(one.tenant, index, ...range);
  return one.run(async ({ tx }) => {
    const batch = await tx.getRange(
      { key: begin, orEqual: false, offset: 1 },
      { key: end, orEqual: false, offset: 1 },
    );
    return batch.rows.map(([key, value]) => String(decodeEntry(one.tenant, index, 1, key, value).pk[0]));
  });
}

describe("an index", () => {
  test("follows inserts, updates and deletes, and holds nulls, which no range condition returns", async () => {
    const byAge = registration(users, ["age"]);
    await register(one, byAge);
    for (const [id, age] of Object.entries({ a: 3, b: null, c: 1, d: -5, e: 2 ** 40 }))
      await put({ id, age });
    expect(await ids(byAge)).toEqual(["b", "d", "c", "a", "e"]);
    expect(await found(byAge, [null])).toEqual(["b"]);
    expect(await found(byAge, [], { lt: 2 })).toEqual(["d", "c"]);
    expect(await found(byAge, [], { gt: 1, lte: 3 })).toEqual(["a"]);
    expect(await found(byAge, [], {})).toEqual(["d", "c", "a", "e"]);
    expect(await found(byAge, [], { gt: 3, lt: 2 })).toEqual([]);
    await change("a", { age: null });
    await change("b", { age: 7 });
    await remove("c");
    expect(await ids(byAge)).toEqual(["a", "d", "b", "e"]);
  });

  test("finds equal values and prefixes without their look-alikes: NUL and 0xFF inside", async () => {
    const byName = registration(users, ["name"]);
    await register(one, byName);
    const names = ["a", "a\0", "a\0b", "aÿ", "ab", "b", "", "\u{10ffff}"];
    for (const [i, name] of names.entries()) await put({ id: `k\0${i}`, name });
    for (const [i, name] of names.entries()) expect(await found(byName, [name])).toEqual([`k\0${i}`]);
    expect(await found(byName, [], { startsWith: "a" })).toEqual([
      "k\x000",
      "k\x001",
      "k\x002",
      "k\x004",
      "k\x003",
    ]);
    expect(await found(byName, [], { startsWith: "a\0" })).toEqual(["k\x001", "k\x002"]);
    expect((await found(byName, [], { startsWith: "" })).length).toBe(names.length);
  });

  test("of fields that did not change is not written", async () => {
    const byName = registration(users, ["name"]);
    await register(one, byName, registration(users, ["age"], { include: ["name"], name: "covering" }));
    await put({ id: "u", name: "n", age: 1, email: "x" });
    const tx = engine.begin();
    const written: string[] = [];
    for (const name of ["set", "clear"] as const) {
      const inner = tx[name].bind(tx) as (key: Uint8Array, value?: Uint8Array) => void;
      tx[name] = (key: Uint8Array, value?: Uint8Array) => {
        written.push(String.fromCharCode(key[one.tenant.prefix.length + 1] ?? 0));
        inner(key, value);
      };
    }
    const ctx = createContext(tx, one.tenant, one.metadata);
    await updateRecord<User>(ctx, users, ["u"], (u) => user({ ...u, email: "y" }));
    expect(written).toEqual(["d"]);
    written.length = 0;
    await updateRecord<User>(ctx, users, ["u"], (u) => user({ ...u, name: "m" }));
    expect(written.sort()).toEqual(["d", "i", "i", "i"]);
    tx.cancel();
  });

  test("that covers fields answers from its entries alone", async () => {
    const covering = registration(users, ["age"], { include: ["name", "photo"] });
    await register(one, covering);
    await put({ id: "u", age: 4, name: "Ada", photo: new Uint8Array([1, 2]) });
    await change("u", { name: null });
    const [[key, value]] = (await keysBehind(
      one,
      sourceKeys(one.tenant, "users").named("index", covering.name),
    )) as [[Uint8Array, Uint8Array]];
    const entry = decodeEntry(one.tenant, covering, 1, key, value);
    expect(entryValues(users, covering, entry)).toEqual({
      id: "u",
      age: 4,
      name: null,
      photo: Buffer.from([1, 2]),
    });
  });

  test("with conditions holds the rows that satisfy them, as they come and go", async () => {
    const condition = (op: "gte" | "isNull", field: "age" | "email", value: number | boolean) => ({
      field,
      stored: field,
      type: field === "age" ? "integer" : "string",
      op,
      value,
    });
    const adults = registration(users, ["name"], {
      where: [condition("gte", "age", 18), condition("isNull", "email", false)],
    });
    await register(one, adults);
    await put({ id: "a", name: "A", age: 17, email: "a" });
    await put({ id: "b", name: "B", age: 18, email: "b" });
    await put({ id: "c", name: "C", age: 40, email: null });
    await put({ id: "d", name: "D", age: null, email: "d" });
    expect(await ids(adults)).toEqual(["b"]);
    await change("a", { age: 18 });
    await change("b", { email: null });
    expect(await ids(adults)).toEqual(["a"]);
  });

  test("follows an upsert that keeps some fields of the stored record", async () => {
    const byName = registration(users, ["name"]);
    await register(one, byName);
    await put({ id: "u", name: "John", age: 1 });
    await one.run((ctx) =>
      insertRecord(ctx, users, user({ id: "u", name: "NotJohn", age: 2 }), {
        conflict: "return",
        merge: (stored) =>
          Object.assign(Object.create(Object.getPrototypeOf(stored)), {
            age: stored.age,
            name: "NotJohn",
            email: null,
            photo: null,
            id: "u",
          }),
      }),
    );
    expect(await found(byName, ["NotJohn"])).toEqual(["u"]);
    expect(await found(byName, ["John"])).toEqual([]);
    await remove("u");
    expect(await ids(byName)).toEqual([]);
  });

  test("that lists the primary key is found by it", async () => {
    const both = registration(users, ["name", "id"]);
    await register(one, both);
    await put({ id: "u", name: "n" });
    expect(await found(both, ["n", "u"])).toEqual(["u"]);
  });

  test("on a field that this process's schema does not have is maintained from the stored values", async () => {
    const nick = { ...registration(users, ["name"]), name: "nick", fields: ["nick"], stored: ["nick"] };
    await register(one, nick);
    const { encodeRecord, dataKey } = await import("../../lib/layer/index.js");
    await put({ id: "u" });
    expect(await ids(nick)).toEqual(["u"]);
    await transact(engine, async (tx) => {
      tx.set(dataKey(one, users, ["u"]), encodeRecord(users, user({ id: "u" }), new Map([["nick", "N"]])));
      const prefix = sourceKeys(one.tenant, "users").named("index", "nick");
      tx.clear(pack([null, "u"], prefix));
      tx.set(pack(["N", "u"], prefix), new Uint8Array(0));
    });
    await change("u", { age: 3 });
    expect((await entriesOf(one, users, nick)).map((e) => e.values[0])).toEqual(["N"]);
    await remove("u");
    expect(await ids(nick)).toEqual([]);
  });
});

describe("a unique index", () => {
  const email = registration(users, ["email"], { unique: true });

  test("refuses a second row with the value and names the first; nothing of the refused operation is written", async () => {
    await register(one, email, registration(users, ["name"]));
    await put({ id: "a", email: "x" });
    await put({ id: "b", email: "y" });
    const before = await keysBehind(one, one.tenant.prefix);
    const violation = { code: "unique_violation", index: email.name, fields: ["email"], existing: ["a"] };
    await expect(put({ id: "c", email: "x", name: "c" })).rejects.toMatchObject(violation);
    await expect(change("b", { email: "x", name: "new" })).rejects.toMatchObject(violation);
    await expect(
      one.run((ctx) => insertRecord(ctx, users, user({ id: "d", email: "x" }), { conflict: "blind" })),
    ).rejects.toMatchObject(violation);
    expect(await keysBehind(one, one.tenant.prefix)).toEqual(before);
  });

  test("frees a value with its row, takes any number of nulls, and lets a row keep its value", async () => {
    await register(one, email);
    await put({ id: "a", email: "x" });
    await put({ id: "n1", email: null });
    await put({ id: "n2", email: null });
    await change("a", { name: "other" });
    await change("a", { email: "y" });
    await put({ id: "b", email: "x" });
    await remove("a");
    await put({ id: "c", email: "y" });
    expect(await ids(email)).toEqual(["n1", "n2", "b", "c"]);
  });

  test("holds inside one transaction, side by side and one after the other, and between transactions", async () => {
    await register(one, email);
    await expect(
      one.run((ctx) =>
        Promise.all(["a", "b"].map((id) => insertRecord(ctx, users, user({ id, email: "x" })))),
      ),
    ).rejects.toMatchObject({ code: "unique_violation" });
    await one.run(async (ctx) => {
      await insertRecord(ctx, users, user({ id: "a", email: "x" }));
      await updateRecord<User>(ctx, users, ["a"], (u) => user({ ...u, email: "y" }));
      await insertRecord(ctx, users, user({ id: "b", email: "x" }));
    });
    const txs = [engine.begin(), engine.begin()];
    await Promise.all(
      txs.map((tx, i) =>
        insertRecord(createContext(tx, one.tenant, one.metadata), users, user({ id: `t${i}`, email: "z" })),
      ),
    );
    await txs[0]!.commit();
    await expect(txs[1]!.commit()).rejects.toMatchObject({ fdbCode: 1020 });
  });

  test("under construction keeps the value of the row that has it, and notes the second one", async () => {
    const building: IndexInfo = { ...email, state: "writeOnly" };
    await register(one, building);
    await put({ id: "a", email: "x" });
    await put({ id: "b", email: "x" });
    await change("b", { email: "y" });
    await change("b", { email: "x" });
    await remove("b");
    expect(await ids(building)).toEqual(["a"]);
    const noted = await transact(engine, (tx) => tx.get(metaKeys.duplicate(one.tenant, "users", email.name)));
    expect(decodeMeta(noted as Uint8Array)).toEqual([["a"], ["b"]]);
  });

  test("refuses a value twice in one transaction when the commit assigns the keys", async () => {
    const byAuthor = registration(items, ["author"], { unique: true });
    await register(one, byAuthor);
    const twice = one.run(async (ctx) => {
      await insertRecord(ctx, items, item({ author: "A" }));
      await insertRecord(ctx, items, item({ author: "A" }));
    });
    await expect(twice).rejects.toMatchObject({ code: "unique_violation" });
  });

  test("tells a row from one whose key continues its own", async () => {
    await register(one, email);
    await put({ id: "a\0b", email: "x" });
    await expect(put({ id: "a", email: "x" })).rejects.toMatchObject({ code: "unique_violation" });
  });
});

describe("a counter", () => {
  const all = registration(users, [], { kind: "counter", name: "all" });
  const byAge = registration(users, ["age"], { kind: "counter", name: "by_age" });

  test("counts rows by value, and leaves no key behind for a value without rows", async () => {
    await register(one, all, byAge);
    for (const [id, age] of Object.entries({ a: 1, b: 1, c: 2, d: null })) await put({ id, age });
    await change("a", { age: 2 });
    await change("b", { name: "same age" });
    await remove("d");
    expect(await one.run((ctx) => readCounter(ctx, all))).toBe(3);
    expect(await one.run((ctx) => readCounters(ctx, byAge))).toEqual([
      [[1], 1],
      [[2], 2],
    ]);
    expect(await one.run((ctx) => readCounter(ctx, byAge, [2]))).toBe(2);
    expect(await one.run((ctx) => readCounter(ctx, byAge))).toBe(3);
  });

  test("never makes writers conflict", async () => {
    await register(one, all);
    const txs = ["a", "b", "c"].map(() => engine.begin());
    await Promise.all(
      txs.map((tx, i) =>
        insertRecord(createContext(tx, one.tenant, one.metadata), users, user({ id: `u${i}` })),
      ),
    );
    for (const tx of txs) await tx.commit();
    expect(await one.run((ctx) => readCounter(ctx, all))).toBe(3);
  });
});

test("a custom indexer is told of every row that enters, changes and leaves; an unknown one stops writers", async () => {
  const calls: string[] = [];
  registerIndexer("spec-length", {
    set: ({ tx, prefix }, row) => {
      calls.push(`set ${String(row.values[0])}`);
      tx.set(pack([String(row.values[0]).length, ...row.pk], prefix), new Uint8Array(0));
    },
    clear: ({ tx, prefix }, row) => {
      calls.push(`clear ${String(row.values[0])}`);
      tx.clear(pack([String(row.values[0]).length, ...row.pk], prefix));
    },
  });
  const length = registration(users, ["name"], { kind: "custom", name: "length", indexer: "spec-length" });
  await register(one, length);
  await put({ id: "a", name: "four" });
  await put({ id: "b", name: "no" });
  await change("a", { name: "longer" });
  await change("a", { age: 1 });
  await remove("b");
  expect(calls).toEqual(["set four", "set no", "clear four", "set longer", "clear no"]);
  expect(await keysBehind(one, sourceKeys(one.tenant, "users").named("index", "length"))).toHaveLength(1);
  await register(one, { ...length, indexer: "not-here" });
  await expect(put({ id: "c" })).rejects.toMatchObject({ code: "migration_failed" });
  await register(one, { ...length, indexer: "not-here", state: "deleteOnly" });
  await put({ id: "c" });
});

test("a custom indexer answers queries from the range it names", async () => {
  registerIndexer("spec-initial", {
    set: ({ tx, prefix }, row) =>
      tx.set(pack([String(row.values[0])[0] ?? "", ...row.pk], prefix), new Uint8Array(0)),
    clear: ({ tx, prefix }, row) => tx.clear(pack([String(row.values[0])[0] ?? "", ...row.pk], prefix)),
    range: ({ prefix }, { name }) => prefixRange(pack([String(name)], prefix)),
  });
  const initial = registration(users, ["name"], { kind: "custom", name: "initial", indexer: "spec-initial" });
  await register(one, initial);
  for (const name of ["Jesse", "Sarah", "James", "Jo"]) await put({ id: name, name });
  const read = (options = {}) =>
    one.run(async (ctx) =>
      (await readCustomIndex<User>(ctx, users, "initial", { name: "J" }, options)).map((u) => u.id),
    );
  expect(await read()).toEqual(["James", "Jesse", "Jo"]);
  expect(await read({ limit: 2, reverse: true })).toEqual(["Jo", "Jesse"]);
  await expect(one.run((ctx) => readCustomIndex(ctx, users, "none", {}))).rejects.toMatchObject({
    code: "unsupported_query",
  });
  await register(one, { ...initial, state: "writeOnly" });
  await expect(read()).rejects.toMatchObject({ code: "unsupported_query" });
});

test("a custom index on long texts leaves them out of the log", async () => {
  registerIndexer("spec-words", { set: () => undefined, clear: () => undefined });
  await register(
    one,
    registration(users, ["name"], { kind: "custom", name: "words", indexer: "spec-words" }),
    registration(users, [], { kind: "metadata", name: "users_metadata" }),
  );
  await put({ id: "u", name: "x".repeat(95_000) });
  await change("u", { name: "y".repeat(95_000) });
  await remove("u");
  const { entries } = await transact(engine, (tx) => readLog(tx, one.tenant, "users", { after: 0n }));
  expect(entries.map((e) => [e.op, e.old, e.new])).toEqual([
    ["insert", null, {}],
    ["update", {}, {}],
    ["delete", { email: null, age: null, photo: null }, null],
  ]);
});

describe("any history", () => {
  const seed = process.env.PLINTH_SEED === undefined ? {} : { seed: Number(process.env.PLINTH_SEED) };
  const numRuns = Number(process.env.PLINTH_RUNS ?? 15);
  const key = fc.constantFrom("a", "a\0", "b", "ÿ", "long".repeat(20));
  const values = fc.record({
    name: fc.constantFrom(null, "", "x", "x\0", "y"),
    email: fc.constantFrom(null, "e1", "e2", "e3"),
    age: fc.constantFrom(null, -1, 0, 1, 2 ** 33),
    size: fc.constantFrom(0, 10, 95_000),
  });
  const step = fc.record({ op: fc.constantFrom("insert", "upsert", "update", "delete"), id: key, values });
  const transaction = fc.record({
    steps: fc.array(step, { minLength: 1, maxLength: 4 }),
    commit: fc.boolean(),
  });

  test("leaves every index, unique index and counter equal to the rows", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(transaction, { maxLength: 12 }), async (history) => {
        const process = await openProcess(engine, `t${Math.random()}`);
        const indexes = [
          registration(users, ["name", "age"]),
          registration(users, ["email"], { unique: true }),
          registration(users, ["age"], { include: ["name"] }),
        ];
        const counter = registration(users, ["name"], { kind: "counter" });
        await register(
          process,
          ...indexes,
          counter,
          registration(users, [], { kind: "metadata", name: "m" }),
        );
        let model = new Map<string, User>();
        for (const { steps, commit } of history) {
          model = await play(process, model, steps, commit);
          const rows = await allOf<User>(process, users);
          expect(rows.map(plain)).toEqual([...model.values()].map(plain).sort(byKey));
          for (const index of indexes) {
            const expected = [...model.values()].map((row) => ({
              values: index.fields.map((field) => row[field as keyof User] as string),
              pk: [row.id],
            }));
            expect(await entriesOf(process, users, index)).toEqual(expected.sort(byEntry));
          }
          const counts = new Map(
            (await process.run((ctx) => readCounters(ctx, counter))).map(([v, n]) => [v[0], n]),
          );
          const expected = new Map<unknown, number>();
          for (const row of model.values()) expected.set(row.name, (expected.get(row.name) ?? 0) + 1);
          expect(counts).toEqual(expected);
        }
      }),
      { ...seed, numRuns },
    );
  }, 60_000);

  type Step = {
    op: string;
    id: string;
    values: { name: string | null; email: string | null; age: number | null; size: number };
  };

  async function play(process: Process, before: Map<string, User>, steps: readonly Step[], commit: boolean) {
    const model = new Map(before);
    const tx = engine.begin();
    const ctx = createContext(tx, process.tenant, process.metadata);
    for (const { op, id, values: v } of steps) {
      const row = user({ id, name: v.name, email: v.email, age: v.age, photo: new Uint8Array(v.size) });
      const taken = [...model.values()].some(
        (other) => v.email !== null && other.email === v.email && other.id !== id,
      );
      const exists = model.has(id);
      const outcome = apply(ctx, op, row).then(
        () => "ok",
        (error: { code: string }) => error.code,
      );
      if (op === "delete") {
        await outcome;
        model.delete(id);
      } else if (op === "insert" && exists) expect(await outcome).toBe("primary_key_exists");
      else if (op === "update" && !exists) expect(await outcome).toBe("ok");
      else if (taken) expect(await outcome).toBe("unique_violation");
      else {
        expect(await outcome).toBe("ok");
        model.set(id, row);
      }
    }
    if (!commit) {
      tx.cancel();
      return before;
    }
    await tx.commit();
    return model;
  }

  async function apply(ctx: ReturnType<typeof createContext>, op: string, row: User): Promise<unknown> {
    if (op === "insert") return insertRecord(ctx, users, row);
    if (op === "upsert") return insertRecord(ctx, users, row, { conflict: "return", merge: () => row });
    if (op === "update") return updateRecord<User>(ctx, users, [row.id], () => row);
    return deleteRecord(ctx, users, [row.id]);
  }

  const plain = (row: User) => ({ ...row, photo: row.photo?.length });
  const byKey = (a: { id: string }, b: { id: string }) => Buffer.compare(pack([a.id]), pack([b.id]));
  const byEntry = (
    a: { values: readonly string[]; pk: string[] },
    b: { values: readonly string[]; pk: string[] },
  ) => Buffer.compare(pack([...a.values, ...a.pk]), pack([...b.values, ...b.pk]));
});
