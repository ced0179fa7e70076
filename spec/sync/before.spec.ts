import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { from } from "../../lib/query/index.js";
import type { Change } from "../../lib/sync/index.js";
import type { AnyTransition, Queries, SyncCursor } from "../../lib/sync/live/transition.js";
import { liveAll, liveCount, liveEach, liveOne } from "../../lib/sync/queries/live-queries.js";
import type { SubscribeOptions } from "../../lib/sync/subscription/subscribe.js";
import { random } from "./runs.js";
import { Account, change, put, remove, World } from "./world.js";

let world: World;
beforeEach(async () => {
  world = await World.create();
});
afterEach(() => world.close());

const now = () => world.write((ctx) => ctx.tx.getReadVersion());
/** As JSON tells it, versions left out. */
const plain = <T>(value: T): T =>
  JSON.parse(JSON.stringify(value, (_, part) => (typeof part === "bigint" ? undefined : part))) as T;
const large = (text: string) => text.repeat(3_000);

async function cursorOf(queries: Queries, options: SubscribeOptions = {}) {
  const sub = await world.subscribe(queries, options);
  await sub.until(await now());
  const { cursor } = sub;
  const value = plain(sub.value);
  await sub.close();
  return { cursor, value };
}

async function first(queries: Queries, resume: SyncCursor, options: SubscribeOptions = {}) {
  const sub = await world.subscribe(queries, { ...options, resume });
  const { value } = await sub[Symbol.asyncIterator]().next();
  await sub.close();
  return value as AnyTransition;
}

const list = () => liveAll<Account>(from(Account), undefined);

/** The changes of `list` after a cursor was taken and `write` was done. */
async function missed(write: () => Promise<unknown>): Promise<readonly Change<Account>[]> {
  const { cursor } = await cursorOf({ list: list() });
  await write();
  const transition = await first({ list: list() }, cursor);
  if (transition.type !== "change") throw new Error(transition.type);
  return transition.changes.list as readonly Change<Account>[];
}

describe("after a resume, `before` is the whole row", () => {
  test("of an update of fields that no index uses, and of a delete", async () => {
    await world.insert(Account, { id: "a", owner: "x", balance: 1, note: "old" });
    await world.insert(Account, { id: "b", owner: "y", balance: 2, note: "gone" });
    const changes = await missed(async () => {
      await world.update(Account, "a", { note: "new", balance: 3 });
      await world.update(Account, "a", { note: "newer" });
      await world.delete(Account, "b");
    });
    expect(plain(changes)).toEqual([
      { op: "delete", key: "b", index: 1, before: { id: "b", owner: "y", balance: 2, note: "gone" } },
      {
        op: "update",
        key: "a",
        index: 0,
        from: 0,
        changed: ["balance", "note"],
        before: { id: "a", owner: "x", balance: 1, note: "old" },
        row: { id: "a", owner: "x", balance: 3, note: "newer" },
      },
    ]);
  });

  test("of a large row whose large field did not change", async () => {
    await world.insert(Account, { id: "a", owner: "x", balance: 1, note: large("n") });
    await world.insert(Account, { id: "b", owner: "x", balance: 1, note: large("m") });
    const { cursor } = await cursorOf({ mine: liveAll(from(Account), { owner: "x" }) });
    await world.update(Account, "a", { balance: 2 });
    // Gone from the list, and still there to be read.
    await world.update(Account, "b", { owner: "y" });
    const transition = await first({ mine: liveAll(from(Account), { owner: "x" }) }, cursor);
    expect(plain(transition)).toMatchObject({
      changes: {
        mine: [
          { op: "delete", before: { id: "b", owner: "x", note: large("m") } },
          { op: "update", before: { id: "a", balance: 1, note: large("n") }, changed: ["balance"] },
        ],
      },
    });
    expect(JSON.stringify(plain(transition))).not.toContain("unknown");
  });

  test("but for values that were too large for the log: they are named, and count as changed", async () => {
    await world.insert(Account, { id: "a", owner: "x", balance: 1, note: large("n") });
    await world.insert(Account, { id: "b", owner: "y", balance: 2, note: large("n") });
    const changes = await missed(async () => {
      await world.update(Account, "a", { note: null });
      await world.delete(Account, "b");
    });
    expect(plain(changes)).toEqual([
      {
        op: "delete",
        key: "b",
        index: 1,
        before: { id: "b", owner: "y", balance: 2, note: null },
        unknown: ["note"],
      },
      {
        op: "update",
        key: "a",
        index: 0,
        from: 0,
        changed: ["note"],
        before: { id: "a", owner: "x", balance: 1, note: null },
        row: { id: "a", owner: "x", balance: 1, note: null },
        unknown: ["note"],
      },
    ]);
  });

  test("also where a list shows some fields, single rows, or rows of ids", async () => {
    await world.insert(Account, { id: "a", owner: "x", balance: 1, note: large("n") });
    const ids = liveAll<string>(from(Account).select("id"), undefined);
    const make = (id: string) => liveOne(Account, id);
    const queries = {
      some: liveAll(from(Account).select(["id", "balance"]), undefined),
      notes: liveAll(from(Account).select("note"), undefined),
      one: liveOne(Account, "a"),
      each: liveEach(ids, make),
      count: liveCount(Account),
    };
    const { cursor } = await cursorOf(queries);
    await world.update(Account, "a", { note: "short", balance: 2 });
    const transition = await first(queries, cursor);
    const known = { id: "a", owner: "x", balance: 1, note: null };
    expect(plain(transition)).toMatchObject({
      changes: {
        some: [{ op: "update", before: { id: "a", balance: 1 }, changed: ["balance"] }],
        notes: [{ op: "update", before: null, row: "short", unknown: ["note"] }],
        one: [{ op: "update", before: known, unknown: ["note"] }],
        each: [{ op: "update", before: known, unknown: ["note"] }],
      },
    });
    const { changes } = transition as { changes: Record<string, unknown> };
    expect(changes.some).not.toHaveProperty(["0", "unknown"]);
    expect(changes).not.toHaveProperty("count");
  });

  test("rights cannot be judged on what is not known: then the first transition is a snapshot", async () => {
    await world.insert(Account, { id: "a", note: large("n") });
    const options: SubscribeOptions = {
      authorize: { row: (row) => (row as Account).note !== "secret", deps: [] },
    };
    const { cursor } = await cursorOf({ list: list() }, options);
    await world.update(Account, "a", { balance: 1 });
    expect(await first({ list: list() }, cursor, options)).toMatchObject({ type: "change" });
    await world.update(Account, "a", { note: "short" });
    expect(await first({ list: list() }, cursor, options)).toMatchObject({ reason: "cursor-expired" });
  });

  const seeds = [1, 2, 3].map((n) => n + Number(process.env.PLINTH_SEED ?? 0));

  test.each(seeds)("whatever has happened to it (history %i)", async (seed) => {
    const next = random(seed);
    const queries = {
      all: liveAll<Account>(from(Account).orderBy("balance"), undefined),
      mine: liveAll<Account>(from(Account), { owner: "x" }),
      top: liveAll<Account>(from(Account).orderBy({ balance: "desc" }).limit(2), undefined),
    };
    const notes = [null, "", "n1", "n2", large("a"), large("b")];
    const values = () => ({ owner: ["x", "y"][next(2)]!, balance: next(6), note: notes[next(6)]! });
    let told = 0;
    let unknown = 0;
    for (let round = 0; round < Number(process.env.PLINTH_RUNS ?? 25); round++) {
      const { cursor, value } = await cursorOf(queries);
      for (let i = 0; i < 1 + next(8); i++) {
        const id = `a${next(5)}`;
        const some = next(2) === 0 ? values() : [{ balance: next(6) }, { note: notes[next(6)]! }][next(2)]!;
        await world.write(async (ctx) => {
          if (next(4) === 0) await remove(ctx, Account, id);
          else if ((await change(ctx, Account, id, some)) === null) await put(ctx, Account, { id, ...some });
        });
      }
      const transition = plain(await first(queries, cursor));
      if (transition.type !== "change") continue;
      for (const [label, changes] of Object.entries(transition.changes)) {
        const rows = new Map((value as Record<string, Account[]>)[label]!.map((row) => [row.id, row]));
        for (const one of changes as readonly Change<Account>[]) {
          if (one.op === "insert") continue;
          told++;
          unknown += one.unknown?.length ?? 0;
          const hidden = Object.fromEntries((one.unknown ?? []).map((field) => [field, null]));
          expect(one.before).toEqual({ ...rows.get(String(one.key)), ...hidden });
          for (const field of one.unknown ?? []) expect(rows.get(String(one.key))![field]).not.toBeNull();
        }
      }
    }
    expect([told > 0, unknown > 0]).toEqual([true, true]);
  });
});
