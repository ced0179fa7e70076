import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Engine, transact } from "../../lib/engine/index.js";
import {
  Attempt,
  createContext,
  dataKey,
  deleteRecord,
  insertRecord,
  metaKeys,
  readRecord,
  readRecords,
  sourceKeys,
  updateRecord,
} from "../../lib/layer/index.js";
import { getMeta } from "../../lib/schema/index.js";
import { Versionstamp } from "../../lib/tuple/index.js";
import {
  allOf,
  entriesOf,
  type Item,
  item,
  items,
  keysBehind,
  openProcess,
  openStore,
  type Process,
  register,
  registration,
  type Session,
  session,
  sessions,
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

const bytes = (length: number, fill = 7) => new Uint8Array(length).fill(fill);

describe("records", () => {
  test("come back as they were stored, with nulls for what is missing", async () => {
    await one.run((ctx) => insertRecord(ctx, users, user({ id: "u1", name: "Ada", photo: bytes(3) })));
    const found = await one.run((ctx) => readRecord<User>(ctx, users, ["u1"]));
    expect({ ...found }).toEqual({
      id: "u1",
      name: "Ada",
      email: null,
      age: null,
      photo: Buffer.from(bytes(3)),
    });
    expect(getMeta(found as User)).toEqual({ state: "loaded", tenant: one.tenant });
    expect(await one.run((ctx) => readRecord(ctx, users, ["u2"]))).toBeNull();
  });

  test("a taken key is an error, and nothing is written", async () => {
    await one.run((ctx) => insertRecord(ctx, users, user({ id: "u1", name: "Ada" })));
    await expect(
      one.run((ctx) => insertRecord(ctx, users, user({ id: "u1", name: "Bob" }))),
    ).rejects.toMatchObject({
      code: "primary_key_exists",
    });
    expect((await one.run((ctx) => readRecord<User>(ctx, users, ["u1"])))?.name).toBe("Ada");
  });

  test("two inserts of one key in one transaction, side by side: the second is refused", async () => {
    const insert = one.run((ctx) =>
      Promise.all([
        insertRecord(ctx, users, user({ id: "u1", name: "Ada" })),
        insertRecord(ctx, users, user({ id: "u1", name: "Bob" })),
      ]),
    );
    await expect(insert).rejects.toMatchObject({ code: "primary_key_exists" });
  });

  test("updates of one record in one transaction, side by side, all count", async () => {
    await one.run((ctx) => insertRecord(ctx, users, user({ id: "u1", age: 0 })));
    await one.run((ctx) =>
      Promise.all(
        Array.from({ length: 10 }, () =>
          updateRecord<User>(ctx, users, ["u1"], (u) => user({ ...u, age: (u.age ?? 0) + 1 })),
        ),
      ),
    );
    expect((await one.run((ctx) => readRecord<User>(ctx, users, ["u1"])))?.age).toBe(10);
  });

  test("an update that takes back what one beside it does is not taken for no change", async () => {
    await one.run((ctx) => insertRecord(ctx, users, user({ id: "u1", name: "a" })));
    await one.run((ctx) =>
      Promise.all(
        ["b", "a"].map((name) => updateRecord<User>(ctx, users, ["u1"], (u) => user({ ...u, name }))),
      ),
    );
    expect((await one.run((ctx) => readRecord<User>(ctx, users, ["u1"])))?.name).toBe("a");
  });

  test("an update merges into the stored record and keeps fields that the schema does not know", async () => {
    const { insertRecord: insert } = { insertRecord };
    await one.run((ctx) => insert(ctx, users, user({ id: "u1", name: "Ada" })));
    const { encodeRecord } = await import("../../lib/layer/index.js");
    await transact(engine, async (tx) => {
      const key = dataKey({ tenant: one.tenant }, users, ["u1"]);
      tx.set(
        key,
        encodeRecord(
          users,
          user({ id: "u1", name: "Ada" }),
          new Map<string | number, string>([
            ["nick", "A"],
            [9, "tagged"],
          ]),
        ),
      );
    });
    await one.run((ctx) => updateRecord<User>(ctx, users, ["u1"], (u) => user({ ...u, age: 5 })));
    const found = await one.run((ctx) => readRecord<User>(ctx, users, ["u1"]));
    expect(found).toMatchObject({ name: "Ada", age: 5 });
    expect([...(getMeta(found as User)?.unknownFields ?? [])]).toEqual([
      ["nick", "A"],
      [9, "tagged"],
    ]);
  });

  test("an update that changes nothing writes nothing", async () => {
    await register(one, registration(users, [], { kind: "metadata", name: "users_metadata" }));
    await one.run((ctx) => insertRecord(ctx, users, user({ id: "u1", name: "Ada" })));
    const before = await keysBehind(one, one.tenant.prefix);
    const outcome = await one.run((ctx) => updateRecord<User>(ctx, users, ["u1"], (u) => user({ ...u })));
    expect(outcome?.changed).toEqual([]);
    expect(await keysBehind(one, one.tenant.prefix)).toEqual(before);
  });

  test("the key of a stored record cannot be changed", async () => {
    await one.run((ctx) => insertRecord(ctx, users, user({ id: "u1" })));
    await expect(
      one.run((ctx) => updateRecord<User>(ctx, users, ["u1"], (u) => user({ ...u, id: "u2" }))),
    ).rejects.toMatchObject({ code: "primary_key_change" });
  });
});

describe("chunked records", () => {
  test.each([89_000, 90_000, 95_000, 180_001, 500_000])(
    "%i bytes are stored, read, changed and deleted",
    async (size) => {
      await one.run((ctx) => insertRecord(ctx, users, user({ id: "u", photo: bytes(size) })));
      expect((await one.run((ctx) => readRecord<User>(ctx, users, ["u"])))?.photo?.length).toBe(size);
      const header = await transact(engine, (tx) => tx.get(dataKey(one, users, ["u"])));
      const changed = bytes(size);
      changed[size - 1] = 8;
      await one.run((ctx) => updateRecord<User>(ctx, users, ["u"], (u) => user({ ...u, photo: changed })));
      expect(await transact(engine, (tx) => tx.get(dataKey(one, users, ["u"])))).not.toEqual(header);
      expect((await one.run((ctx) => readRecord<User>(ctx, users, ["u"])))?.photo?.[size - 1]).toBe(8);
      await one.run((ctx) => updateRecord<User>(ctx, users, ["u"], (u) => user({ ...u, photo: bytes(1) })));
      expect(await keysBehind(one, sourceKeys(one.tenant, "users").data)).toHaveLength(1);
      await one.run((ctx) =>
        updateRecord<User>(ctx, users, ["u"], (u) => user({ ...u, photo: bytes(size) })),
      );
      await one.run((ctx) => deleteRecord(ctx, users, ["u"]));
      expect(await keysBehind(one, sourceKeys(one.tenant, "users").data)).toHaveLength(0);
    },
  );

  test("a range read returns whole rows, forward and backward, and reads no more keys than they have", async () => {
    const { engine: counted, counts } = countReads(engine);
    const sizes: Record<string, number> = { a: 10, "a\0b": 200_000, b: 250_000, c: 10, d: 100_000, e: 5 };
    for (const [id, size] of Object.entries(sizes)) {
      await one.run((ctx) => insertRecord(ctx, users, user({ id, photo: bytes(size) })));
    }
    const ids = Object.keys(sizes);
    for (const reverse of [false, true]) {
      const expected = reverse ? [...ids].reverse() : ids;
      for (let limit = 1; limit <= 7; limit++) {
        counts.rows = 0;
        const read = await transact(counted, async (tx) => {
          const ctx = createContext(tx, one.tenant, one.metadata);
          const rows: User[] = [];
          for await (const row of readRecords<User>(ctx, users, sourceKeys(one.tenant, "users").dataRange, {
            reverse,
            limit,
          })) {
            rows.push(row);
          }
          return rows;
        });
        const wanted = expected.slice(0, limit);
        expect(read.map((u) => [u.id, u.photo?.length])).toEqual(wanted.map((id) => [id, sizes[id]]));
        const keys = wanted.reduce((sum, id) => {
          const size = (sizes[id] as number) + 16;
          return sum + 1 + (size > 90_000 ? Math.ceil(size / 90_000) : 0);
        }, 0);
        expect(counts.rows).toBeLessThanOrEqual(keys);
      }
    }
  });

  test("a missing or foreign chunk is an error, never a wrong record", async () => {
    await one.run((ctx) => insertRecord(ctx, users, user({ id: "u", photo: bytes(200_000) })));
    const [, first, second] = await keysBehind(one, sourceKeys(one.tenant, "users").data);
    await transact(engine, async (tx) => tx.set(first![0], second![1]));
    await expect(one.run((ctx) => readRecord(ctx, users, ["u"]))).rejects.toMatchObject({
      code: "record_corrupt",
    });
    await transact(engine, async (tx) => tx.clear(first![0]));
    await expect(one.run((ctx) => readRecord(ctx, users, ["u"]))).rejects.toMatchObject({
      code: "record_corrupt",
    });
    await expect(allOf(one, users)).rejects.toMatchObject({ code: "record_corrupt" });
  });
});

describe("versionstamp keys", () => {
  test("the commit assigns them; index entries, chunks and the log follow; updates and deletes find all of it", async () => {
    const byAuthor = registration(items, ["author"]);
    const unique = registration(items, ["author"], { unique: true, name: "one_per_author" });
    await register(
      one,
      byAuthor,
      unique,
      registration(items, [], { kind: "metadata", name: "items_metadata" }),
    );
    const tx = engine.begin();
    const ctx = createContext(tx, one.tenant, one.metadata);
    const first = await insertRecord(ctx, items, item({ author: "A", data: bytes(10) }));
    const second = await insertRecord(ctx, items, item({ author: null, data: bytes(200_000) }));
    const stamp = tx.getVersionstamp();
    await tx.commit();
    const complete = await stamp;
    const idOf = (outcome: typeof first) =>
      Versionstamp.fromBytes(complete, outcome.inserted ? outcome.op : -1);
    const stored = await allOf<Item>(one, items);
    expect(stored.map((row) => [row.id.toString(), row.author, row.data?.length])).toEqual([
      [idOf(first).toString(), "A", 10],
      [idOf(second).toString(), null, 200_000],
    ]);
    expect(await entriesOf(one, items, byAuthor)).toEqual([
      { values: [null], pk: [idOf(second)] },
      { values: ["A"], pk: [idOf(first)] },
    ]);
    expect(await entriesOf(one, items, unique)).toEqual([
      { values: [null], pk: [idOf(second)] },
      { values: ["A"], pk: [idOf(first)] },
    ]);
    await one.run((c) => updateRecord<Item>(c, items, [idOf(first)], (row) => item({ ...row, author: "B" })));
    expect(await entriesOf(one, items, byAuthor)).toEqual([
      { values: [null], pk: [idOf(second)] },
      { values: ["B"], pk: [idOf(first)] },
    ]);
    await one.run((c) => deleteRecord(c, items, [idOf(first)]));
    await one.run((c) => deleteRecord(c, items, [idOf(second)]));
    expect(await entriesOf(one, items, byAuthor)).toEqual([]);
    expect(await entriesOf(one, items, unique)).toEqual([]);
    expect(await allOf(one, items)).toEqual([]);
  });
});

test("one transaction numbers 65,536 operations, the last one included, and refuses the next", () => {
  const attempt = new Attempt();
  for (let n = 0; n < 65_536; n++) expect(attempt.nextOp()).toBe(n);
  expect(() => attempt.nextOp()).toThrow(expect.objectContaining({ code: "transaction_too_large" }));
  expect(Versionstamp.fromBytes(Buffer.alloc(10, 1), 65_535).isComplete).toBe(true);
});

describe("partitioned records", () => {
  test("an empty partition is one of its own, and none is refused", async () => {
    await one.run((ctx) => insertRecord(ctx, sessions, session({ id: "s", userId: "" })));
    await expect(
      one.run((ctx) => insertRecord(ctx, sessions, session({ id: "s", userId: null as never }))),
    ).rejects.toMatchObject({ code: "no_primary_key_value" });
    expect(await one.run((ctx) => readRecord<Session>(ctx, sessions, ["", "s"]))).not.toBeNull();
  });

  test("keys and index entries hold partition and key", async () => {
    const byState = registration(sessions, ["state"]);
    await register(one, byState);
    await one.run((ctx) => insertRecord(ctx, sessions, session({ id: "s", userId: "alice", state: "on" })));
    await one.run((ctx) => insertRecord(ctx, sessions, session({ id: "s", userId: "bob", state: "on" })));
    expect(await entriesOf(one, sessions, byState)).toEqual([
      { values: ["on"], pk: ["alice", "s"] },
      { values: ["on"], pk: ["bob", "s"] },
    ]);
    await one.run((ctx) =>
      updateRecord<Session>(ctx, sessions, ["bob", "s"], (s) => session({ ...s, state: "off" })),
    );
    await one.run((ctx) => deleteRecord(ctx, sessions, ["alice", "s"]));
    expect(await entriesOf(one, sessions, byState)).toEqual([{ values: ["off"], pk: ["bob", "s"] }]);
    expect(metaKeys.claim(one.tenant).length).toBeGreaterThan(0);
  });
});

function countReads(inner: Engine) {
  const counts = { rows: 0 };
  const counted = Object.create(inner) as Engine;
  counted.begin = (options) => {
    const tx = inner.begin(options);
    const getRange = tx.getRange.bind(tx);
    tx.getRange = async (...args) => {
      const batch = await getRange(...args);
      counts.rows += batch.rows.length;
      return batch;
    };
    return tx;
  };
  return { engine: counted, counts };
}
