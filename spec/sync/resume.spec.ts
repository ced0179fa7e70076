import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { InvalidCursorError } from "../../lib/errors.js";
import { trimLog } from "../../lib/layer/index.js";
import { from } from "../../lib/query/index.js";
import { Field, PrimaryKey, Schema, type SchemaClass } from "../../lib/schema/index.js";
import type { AnyTransition, Queries, SyncCursor } from "../../lib/sync/live/transition.js";
import { LayerReader } from "../../lib/sync/log/layer-reader.js";
import {
  liveAll,
  liveCount,
  liveEach,
  liveMany,
  liveOne,
  liveSignal,
} from "../../lib/sync/queries/live-queries.js";
import { Tenant } from "../../lib/tenant/index.js";
import { Host } from "../layer/support.js";
import { Fold } from "./fold.js";
import { random } from "./runs.js";
import { Account, type AnyLive, Note, World } from "./world.js";

/** Accounts as the next release has them. */
@Schema("accounts")
class Wider {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare owner: string | null;
  @Field("integer") declare balance: number | null;
  @Field("string") declare note: string | null;
  @Field("boolean") declare closed: boolean | null;
}

let world: World;
beforeEach(async () => {
  world = await World.create();
});
afterEach(() => world.close());

const now = () => world.write((ctx) => ctx.tx.getReadVersion());
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** The first transition after a cursor. */
async function first(queries: Queries, resume: SyncCursor): Promise<AnyTransition> {
  const sub = await world.subscribe(queries, { resume });
  const reader = sub[Symbol.asyncIterator]();
  const { value } = await reader.next();
  await sub.close();
  return value as AnyTransition;
}

async function cursorOf(queries: Queries): Promise<{ cursor: SyncCursor; version: bigint }> {
  const sub = await world.subscribe(queries);
  await sub.until(await now());
  const { cursor, version } = sub;
  await sub.close();
  return { cursor, version };
}

describe("resuming", () => {
  test("begins with one change that holds exactly what was missed", async () => {
    await world.insert(Account, { id: "a", balance: 1, note: "old" });
    await world.insert(Account, { id: "b", balance: 2 });
    const queries = {
      list: liveAll(from(Account).orderBy("balance"), undefined),
      one: liveOne(Account, "a"),
    };
    const { cursor, version } = await cursorOf(queries);
    await world.update(Account, "a", { note: "new" });
    await world.delete(Account, "b");
    await world.insert(Account, { id: "c", balance: 0 });
    expect(await first(queries, cursor)).toMatchObject({
      type: "change",
      from: version,
      commits: 3,
      changes: {
        list: [
          { op: "delete", key: "b", index: 1 },
          { op: "insert", key: "c", index: 0 },
          { op: "update", key: "a", changed: ["note"], row: { note: "new" }, from: 1, index: 1 },
        ],
        one: [{ op: "update", key: "a" }],
      },
    });
  });

  test("says how far nothing was missed", async () => {
    const queries = { list: liveAll(from(Account), undefined) };
    const { cursor, version } = await cursorOf(queries);
    const transition = await first(queries, cursor);
    expect(transition).toMatchObject({ type: "progress" });
    expect((transition as { version: bigint }).version).toBeGreaterThanOrEqual(version);
  });

  test("a row that was deleted and came back is a delete and an insert", async () => {
    await world.insert(Account, { id: "a", note: "1" });
    const queries = { list: liveAll(from(Account), undefined) };
    const { cursor } = await cursorOf(queries);
    await world.delete(Account, "a");
    await world.insert(Account, { id: "a", note: "2" });
    expect(await first(queries, cursor)).toMatchObject({
      changes: { list: [{ op: "delete" }, { op: "insert" }] },
    });
  });

  test("a window gets back the rows that others have pushed out", async () => {
    for (let i = 0; i < 6; i++) await world.insert(Account, { id: `a${i}`, balance: 10 + i });
    const queries = { top: liveAll(from(Account).orderBy("balance").limit(3), undefined) };
    const { cursor } = await cursorOf(queries);
    for (let i = 0; i < 3; i++) await world.insert(Account, { id: `b${i}`, balance: i });
    const transition = await first(queries, cursor);
    expect(transition).toMatchObject({ type: "change" });
    const fold = new Fold();
    fold.value = { top: [{ id: "a0" }, { id: "a1" }, { id: "a2" }] };
    fold.version = (transition as { from: bigint }).from;
    fold.apply(transition);
    expect(fold.value.top).toMatchObject([{ id: "b0" }, { id: "b1" }, { id: "b2" }]);
  });

  test("a place of a list whose id is another one now shows another row", async () => {
    for (const id of ["x", "y"]) await world.insert(Account, { id, note: id });
    await world.insert(Account, { id: "a", owner: "x" });
    const owners = liveAll(from(Account).where({ id: "a" }).select("owner"), undefined);
    const queries = { owner: liveEach(owners, (id) => liveOne(Account, id)) };
    const { cursor } = await cursorOf(queries);
    await world.update(Account, "a", { owner: "y" });
    expect(await first(queries, cursor)).toMatchObject({
      changes: { owner: [{ op: "update", before: { id: "x" }, row: { id: "y" } }] },
    });
  });

  test("a field that is empty now, and of which nobody kept what it was", async () => {
    await world.insert(Account, { id: "a", note: "n".repeat(3_000) });
    await world.insert(Account, { id: "b", note: "n".repeat(3_000) });
    const queries = {
      list: liveAll(from(Account), undefined),
      notes: liveAll(from(Account).select("note"), undefined),
      owners: liveAll(from(Account).select("owner"), undefined),
      each: liveEach(liveAll(from(Account).select("id"), undefined), (id: string) => liveOne(Account, id)),
    };
    const { cursor } = await cursorOf(queries);
    await world.update(Account, "a", { note: null });
    await world.delete(Account, "b");
    await world.insert(Account, { id: "b" });
    const told = [{ op: "update", row: { id: "a", note: null }, changed: ["note"] }, { op: "insert" }];
    const transition = await first(queries, cursor);
    expect(transition).toMatchObject({
      changes: {
        list: [{ op: "delete" }, told[1], told[0]],
        notes: [{ op: "delete" }, { op: "insert" }, { op: "update", row: null, changed: ["note"] }],
        each: [{ op: "delete" }, told[1], told[0]],
      },
    });
    expect(transition.type === "change" && Object.keys(transition.changes)).not.toContain("owners");
  });

  test("fields of a large row that did not change are told as they were", async () => {
    const note = "n".repeat(3_000);
    await world.insert(Account, { id: "a", owner: "x", note });
    const queries = { one: liveOne(Account, "a") };
    const { cursor } = await cursorOf(queries);
    await world.update(Account, "a", { owner: "y" });
    expect(await first(queries, cursor)).toMatchObject({
      changes: { one: [{ op: "update", before: { owner: "x", note }, changed: ["owner"] }] },
    });
  });

  test("counts and signals tell the difference", async () => {
    await world.insert(Account, { id: "a" });
    const queries = { count: liveCount(from(Account)), signal: liveSignal(Account, "inserts") };
    const { cursor } = await cursorOf(queries);
    await world.insert(Account, { id: "b" });
    await world.insert(Account, { id: "c" });
    await world.delete(Account, "a");
    const transition = (await first(queries, cursor)) as unknown as {
      changes: Record<string, readonly [{ before: number; row: number }]>;
    };
    expect(transition.changes.count).toMatchObject([{ before: 1, row: 2 }]);
    const [signal] = transition.changes.signal!;
    expect(signal.row - signal.before).toBe(2);
  });

  test.each(["collection", "inserts"] as const)(
    "a label on %s is told what it had not shown before the cursor",
    async (on) => {
      await world.insert(Account, { id: "a", owner: "1" });
      const queries = { list: liveAll(from(Account), undefined, on) };
      const sub = await world.subscribe(queries);
      const shown = plain(sub.value.list);
      await world.update(Account, "a", { owner: "2" });
      await sub.until(await now());
      expect(plain(sub.value.list)).toEqual(shown);
      const { cursor } = sub;
      await sub.close();
      await world.insert(Account, { id: "b", note: "1" });
      const transition = await first(queries, cursor);
      expect(transition).toMatchObject({
        changes: {
          list: [
            { op: "insert", key: "b" },
            { op: "update", key: "a", before: { owner: "1" }, row: { owner: "2" } },
          ],
        },
      });
    },
  );
});

describe("a snapshot says why not", () => {
  const queries = { list: liveAll(from(Account), undefined) };

  test("the log was trimmed", async () => {
    const { cursor } = await cursorOf(queries);
    await world.insert(Account, { id: "a" });
    await world.insert(Account, { id: "b" });
    const version = await now();
    await world.write(async (ctx) => trimLog(ctx.tx, ctx.tenant, "accounts", version));
    expect(await first(queries, cursor)).toMatchObject({
      type: "snapshot",
      reason: "cursor-expired",
      value: { list: [{ id: "a" }, { id: "b" }] },
    });
  });

  test("other queries under the labels, or other labels", async () => {
    const { cursor } = await cursorOf(queries);
    const other = { list: liveAll(from(Account).limit(3), undefined) };
    expect(await first(other, cursor)).toMatchObject({ type: "snapshot", reason: "params-changed" });
    expect(await first({ ...queries, one: liveOne(Account, "a") }, cursor)).toMatchObject({
      reason: "params-changed",
    });
  });

  test("too much was missed", async () => {
    const { cursor } = await cursorOf(queries);
    const log = LayerReader.prototype.log;
    jest.spyOn(LayerReader.prototype, "log").mockImplementation(async function (this: LayerReader, ...args) {
      const read = await log.apply(this, args);
      return args[2]?.limit === undefined ? read : { ...read, complete: false };
    });
    expect(await first(queries, cursor)).toMatchObject({ type: "snapshot", reason: "overflow" });
    jest.restoreAllMocks();
  });

  const ids = () => liveAll<string>(from(Note).select("id"), undefined);

  test.each([
    ["all", (S) => liveAll(from(S), undefined)],
    ["count", (S) => liveCount(from(S))],
    ["one", (S) => liveOne(S, "a")],
    ["many", (S) => liveMany(S, ["a"])],
    ["each", (S) => liveEach(ids(), (id) => liveOne(S, id))],
    ["each in each", (S) => liveEach(ids(), () => liveEach(ids(), (id) => liveOne(S, id)))],
  ] as readonly [string, (schema: SchemaClass<object>) => AnyLive][])(
    "the schema is another one, as in the next release (%s)",
    async (_, live) => {
      await world.insert(Account, { id: "a" });
      await world.insert(Note, { id: "a" });
      const { cursor } = await cursorOf({ it: live(Account) });
      expect(await first({ it: live(Account) }, cursor)).toMatchObject({ type: "progress" });
      expect(await first({ it: live(Wider) }, cursor)).toMatchObject({ reason: "schema-changed" });
    },
  );

  test("a function of `each` makes other queries than before, which its text does not tell", async () => {
    await world.insert(Account, { id: "a" });
    const notes = (text: string) => ({
      notes: liveEach(liveAll<string>(from(Account).select("id"), undefined), (accountId) =>
        liveAll(
          from(Note)
            .where({ accountId })
            .filter((note) => (note as Note).text !== text, [text]),
          undefined,
        ),
      ),
      of: liveEach(liveAll<string>(from(Account).select("id"), undefined), () =>
        liveAll(from(Note).where({ accountId: text }), undefined),
      ),
    });
    const { cursor } = await cursorOf(notes("x"));
    expect(await first(notes("x"), cursor)).toMatchObject({ type: "progress" });
    expect(await first(notes("y"), cursor)).toMatchObject({ reason: "params-changed" });
  });

  test("lists of `each` stand still at versions of their own", async () => {
    await world.insert(Account, { id: "a" });
    const queries = {
      notes: liveEach(liveAll<string>(from(Account).select("id"), undefined), (accountId) =>
        liveAll(from(Note), { accountId }, "collection"),
      ),
    };
    await world.insert(Note, { id: "n", accountId: "a", text: "1" });
    const sub = await world.subscribe(queries);
    await world.update(Note, "n", { text: "2" });
    await sub.until(await now());
    expect(plain(sub.value.notes)).toMatchObject([[{ text: "1" }]]);
    expect(await first(queries, sub.cursor)).toMatchObject({ reason: "cursor-expired" });
  });

  test("the tenant was cleared", async () => {
    const { cursor } = await cursorOf(queries);
    expect(await first(queries, cursor)).toMatchObject({ type: "progress" });
    await Tenant.clear(new Host(world.engine), world.tenant.id);
    expect(await first(queries, cursor)).toMatchObject({ reason: "cursor-expired" });
  });

  test("rows without a log", async () => {
    await world.close();
    world = await World.create({ accounts: false });
    const one = { one: liveOne(Account, "a") };
    const { cursor } = await cursorOf(one);
    expect(await first(one, cursor)).toMatchObject({ type: "snapshot", reason: "cursor-expired" });
  });

  test("text that is no cursor is refused", async () => {
    await expect(world.subscribe(queries, { resume: "nonsense" })).rejects.toThrow(InvalidCursorError);
  });
});

describe("a reader that is cut off again and again", () => {
  const seeds = [1, 2, 3].map((n) => n + Number(process.env.PLINTH_SEED ?? 0));

  test.each(seeds)("knows the same as one that never was (history %i)", async (seed) => {
    const next = random(seed);
    const queries = {
      all: liveAll(from(Account).orderBy("balance"), undefined),
      top: liveAll(from(Account).orderBy({ balance: "desc" }).limit(3), undefined),
      mine: liveAll(from(Account), { owner: "x" }),
      ids: liveEach(liveAll<string>(from(Account).where({ owner: "y" }).select("id"), undefined), (id) =>
        liveOne(Account, id),
      ),
      many: liveMany(Account, ["a1", "a2", "a3"]),
      count: liveCount(from(Account).where({ balance: { gte: 5 } })),
    };
    const fold = new Fold();
    let cursor: SyncCursor | undefined;
    for (let round = 0; round < Number(process.env.PLINTH_RUNS ?? 25); round++) {
      const sub = await world.subscribe(queries, cursor === undefined ? {} : { resume: cursor });
      let transition: AnyTransition | undefined;
      for await (const t of sub) {
        transition = t as AnyTransition;
        break;
      }
      if (cursor !== undefined) expect(transition!.type).not.toBe("snapshot");
      fold.apply(transition!);
      expect(plain(fold.value)).toEqual(plain(sub.value));
      sub.on("transition", (t) => fold.apply(t as AnyTransition));
      for (let i = 0; i < next(4); i++) await randomWrite(next);
      await sub.until(await now());
      cursor = sub.cursor;
      fold.version = sub.version;
      await sub.close();
      for (let i = 0; i < next(5); i++) await randomWrite(next);
    }
  });

  async function randomWrite(next: (below: number) => number): Promise<void> {
    const id = `a${next(8)}`;
    const values = { owner: ["x", "y"][next(2)]!, balance: next(10), note: `n${next(4)}` };
    if (next(4) === 0) await world.delete(Account, id).catch(() => undefined);
    else if (
      !(await world.update(Account, id, next(2) === 0 ? values : { note: values.note }).catch(() => null))
    ) {
      await world.insert(Account, { id, ...values }).catch(() => undefined);
    }
  }
});
