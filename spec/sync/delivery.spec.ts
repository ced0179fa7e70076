import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { InvalidOptionsError, SubscriptionOverflowError } from "../../lib/errors.js";
import { from } from "../../lib/query/index.js";
import type { AnyTransition } from "../../lib/sync/live/transition.js";
import { liveAll } from "../../lib/sync/queries/live-queries.js";
import { Fold } from "./fold.js";
import { Account, World } from "./world.js";

let world: World;
beforeEach(async () => {
  world = await World.create();
});
afterEach(() => world.close());

const list = () => liveAll<Account>(from(Account), undefined);
const now = () => world.write((ctx) => ctx.tx.getReadVersion());

/** Writes one commit at a time, each of them a transition. */
async function writes(
  sub: { until(version: bigint): Promise<void> },
  count: number,
  from = 0,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    await world.insert(Account, { id: `a${1000 + from + i}` });
    await sub.until(await now());
  }
}

const budget = { transitions: 4 };

describe("a reader that does not read", () => {
  test("conflate: gets one net change, and then each one again", async () => {
    const sub = await world.subscribe({ list: list() }, { delivery: { budget } });
    const reader = sub[Symbol.asyncIterator]();
    await reader.next();
    await writes(sub, 20);
    const { value } = (await reader.next()) as { value: AnyTransition };
    expect(value).toMatchObject({ type: "change", commits: 20, previous: { list: [] } });
    expect(value.type === "change" && value.changes.list).toHaveLength(20);
    await writes(sub, 1, 50);
    expect((await reader.next()).value).toMatchObject({
      commits: 1,
      from: value.type === "change" && value.version,
    });
  });

  test("reset: gets one snapshot that says so", async () => {
    const sub = await world.subscribe({ list: list() }, { delivery: { onOverflow: "reset", budget } });
    const reader = sub[Symbol.asyncIterator]();
    await reader.next();
    await writes(sub, 20);
    const { value } = await reader.next();
    expect(value).toMatchObject({ type: "snapshot", reason: "overflow" });
    expect(value?.type === "snapshot" && value.value.list).toHaveLength(20);
    await writes(sub, 1, 50);
    expect((await reader.next()).value).toMatchObject({
      type: "change",
      from: value?.type === "snapshot" && value.version,
    });
  });

  test("close: ends that reader with an error, and nobody else", async () => {
    const sub = await world.subscribe({ list: list() }, { delivery: { onOverflow: "close", budget } });
    const stalled = sub[Symbol.asyncIterator]();
    await stalled.next();
    const told: AnyTransition[] = [];
    sub.on("transition", (transition) => told.push(transition as AnyTransition));
    await writes(sub, 6);
    for (let i = 0; i < 5; i++) expect((await stalled.next()).value).toMatchObject({ type: "change" });
    await expect(stalled.next()).rejects.toThrow(SubscriptionOverflowError);
    expect(sub.state).toBe("live");
    expect(told).toHaveLength(6);
  });

  test("keeps no more than its budget, whatever is written, and delays nobody", async () => {
    const sub = await world.subscribe(
      { list: list() },
      { delivery: { budget: { transitions: 3, bytes: 4_000 } } },
    );
    const reader = sub[Symbol.asyncIterator]();
    await reader.next();
    for (let i = 0; i < 30; i++) {
      await writes(sub, 1, i);
      const { backlog } = sub as unknown as { backlog: { transitions: number; bytes: number } };
      expect(backlog.transitions).toBeLessThanOrEqual(3);
      expect(backlog.bytes).toBeLessThanOrEqual(4_000);
    }
    expect(sub.value.list).toHaveLength(30);
  });

  test("a row that came and went is not told; one that went and came back is", async () => {
    await world.insert(Account, { id: "b", note: "1" });
    const sub = await world.subscribe({ list: list() }, { delivery: { budget: { transitions: 1 } } });
    const reader = sub[Symbol.asyncIterator]();
    await reader.next();
    await writes(sub, 2);
    await world.delete(Account, "a1000");
    await world.delete(Account, "b");
    await sub.until(await now());
    await world.insert(Account, { id: "b", note: "2" });
    await sub.until(await now());
    const { value } = await reader.next();
    const ops =
      value?.type === "change" ? (value.changes.list ?? []).map(({ op, key }) => `${op} ${String(key)}`) : [];
    expect(ops).toEqual(["delete b", "insert a1001", "insert b"]);
  });
});

describe("what is told after a heartbeat follows what a reader was told before", () => {
  /** What a quiet moment tells, however little time has passed. */
  const heartbeats = (sub: unknown) => {
    for (let i = 0; i < 2; i++) (sub as { progress(): void }).progress();
  };
  const fold = async (reader: AsyncIterator<unknown>, count: number) => {
    const folded = new Fold();
    for (let i = 0; i < count; i++) folded.apply((await reader.next()).value as AnyTransition);
    return folded.value.list;
  };

  test.each(["before the changes", "after the changes", "between them"])(
    "by a slow reader (%s)",
    async (when) => {
      const sub = await world.subscribe({ list: list() }, { delivery: { budget: { transitions: 2 } } });
      const reader = sub[Symbol.asyncIterator]();
      if (when === "before the changes") heartbeats(sub);
      await writes(sub, 3);
      if (when === "between them") {
        heartbeats(sub);
        await writes(sub, 1, 3);
      }
      if (when === "after the changes") heartbeats(sub);
      const { backlog } = sub as unknown as { backlog: { transitions: number } };
      const folded = fold(reader, backlog.transitions + 1);
      await writes(sub, 1, 9);
      expect(await folded).toEqual(sub.value.list);
    },
  );

  test.each([0, 2])("by a reader that comes after %i changes", async (changes) => {
    const sub = await world.subscribe({ list: list() });
    sub.on("change", () => undefined);
    heartbeats(sub);
    await writes(sub, changes);
    heartbeats(sub);
    const folded = fold(sub[Symbol.asyncIterator](), 3);
    await writes(sub, 1, 9);
    expect(await folded).toEqual(sub.value.list);
  });
});

describe("readers", () => {
  test("the first one gets everything since the beginning, however late it comes", async () => {
    const sub = await world.subscribe({ list: list() });
    await writes(sub, 3);
    const types: string[] = [];
    for await (const transition of sub) {
      types.push(transition.type);
      if (types.length === 4) break;
    }
    expect(types).toEqual(["snapshot", "change", "change", "change"]);
  });

  test("with listeners, a late one gets the rest as one change", async () => {
    const sub = await world.subscribe({ list: list() });
    sub.on("change", () => undefined);
    await writes(sub, 3);
    const reader = sub[Symbol.asyncIterator]();
    expect((await reader.next()).value).toMatchObject({ type: "snapshot", value: { list: [] } });
    expect((await reader.next()).value).toMatchObject({ type: "change", commits: 3 });
  });

  test("later ones begin with a snapshot; leaving one leaves the subscription", async () => {
    const sub = await world.subscribe({ list: list() });
    for await (const _ of sub) break;
    await writes(sub, 1);
    for await (const transition of sub) {
      expect(transition).toMatchObject({ type: "snapshot", value: { list: [{ id: "a1000" }] } });
      break;
    }
    expect(sub.state).toBe("live");
    await writes(sub, 1, 1);
    expect(sub.value.list).toHaveLength(2);
  });

  test("a stream of objects takes one at a time and ends with the subscription", async () => {
    const sub = await world.subscribe({ list: list() });
    const reader = sub.stream().getReader();
    expect((await reader.read()).value).toMatchObject({ type: "snapshot" });
    const next = reader.read();
    await writes(sub, 1);
    expect((await next).value).toMatchObject({ type: "change" });
    const end = reader.read();
    await sub.close();
    expect((await end).done).toBe(true);
  });

  test("a policy or a budget that does not exist is refused", async () => {
    await expect(world.subscribe({ list: list() }, { delivery: "sometimes" as never })).rejects.toThrow(
      InvalidOptionsError,
    );
    await expect(world.subscribe({ list: list() }, { delivery: { budget: { bytes: 0 } } })).rejects.toThrow(
      InvalidOptionsError,
    );
  });
});
