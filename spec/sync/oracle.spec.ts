import { afterAll, describe, expect, test } from "@jest/globals";
import { astOf, execute, from, project, type Selects } from "../../lib/query/index.js";
import type { AnyLive } from "../../lib/sync/live.js";
import { liveAll, liveCount, liveEach, liveMany, liveOne } from "../../lib/sync/live-queries.js";
import { Fold } from "./fold.js";
import { random } from "./runs.js";
import { Account, change, Note, put, remove, World } from "./world.js";

/**
 * The law of Sync: after every transition, what a reader has folded from the events is what fresh queries give at
 * that version, for all labels together.
 */

const seed = Number(process.env["PLINTH_SEED"] ?? 1);
const commits = Number(process.env["PLINTH_RUNS"] ?? 120);

type Random = (below: number) => number;
type Fresh = (at: At) => Promise<unknown>;
interface At {
  all(query: Selects<unknown>): Promise<unknown[]>;
  one(id: string): Promise<unknown>;
}

const ids = Array.from({ length: 14 }, (_, i) => `a${String(i).padStart(2, "0")}`);
const owners = ["ann", "bob", "cy"];
const pick = <T>(next: Random, items: readonly T[]): T => items[next(items.length)]!;

function randomQuery(next: Random) {
  let query = from(Account);
  const shape = next(6);
  if (shape === 1) query = query.where({ owner: pick(next, owners) });
  if (shape === 2) query = query.where({ balance: { gte: next(10), lt: 5 + next(10) } });
  if (shape === 3) query = query.where({ owner: pick(next, owners), balance: { gt: next(8) } });
  if (shape === 4) query = query.where({ id: { gte: pick(next, ids) } });
  if (shape === 5) query = query.where({ owner: { in: [pick(next, owners), pick(next, owners)] } });
  const order = next(3);
  if (order === 1 && shape !== 4 && shape !== 5)
    query = query.orderBy({ balance: next(2) === 0 ? "asc" : "desc" });
  else if (order === 2 && shape === 0) query = query.reverseOrder();
  if (next(2) === 0 && shape !== 5) query = query.limit(1 + next(5));
  if (next(4) === 0) query = query.where({ note: pick(next, ["n0", "n1"]) }).scan();
  return query;
}

function randomLabel(next: Random): [AnyLive, Fresh] {
  const query = randomQuery(next);
  const id = pick(next, ids);
  switch (next(7)) {
    case 0:
      return [liveOne(Account, id), (at) => at.one(id)];
    case 1: {
      const some = ids.filter(() => next(3) === 0);
      return [
        liveMany(Account, some),
        async (at) => (await Promise.all(some.map((each) => at.one(each)))).filter((row) => row !== null),
      ];
    }
    case 2:
      return [
        liveEach(liveAll(query.select("id"), undefined), (each: string) => liveOne(Account, each)),
        async (at) =>
          Promise.all(((await at.all(query.select("id"))) as string[]).map((each) => at.one(each))),
      ];
    case 3:
      return [
        liveEach(liveAll(query.select("id"), undefined), (each: string) =>
          liveAll(from(Note), { accountId: each }),
        ),
        async (at) => {
          const accounts = (await at.all(query.select("id"))) as string[];
          return Promise.all(accounts.map((id) => at.all(from(Note).where({ accountId: id }))));
        },
      ];
    case 4:
      return [liveCount(query), async (at) => (await at.all(query)).length];
    case 5:
      return [
        liveAll(query.select(["id", "balance"]), undefined),
        (at) => at.all(query.select(["id", "balance"])),
      ];
    default:
      return [liveAll(query, undefined), (at) => at.all(query)];
  }
}

async function randomCommit(world: World, next: Random): Promise<void> {
  await world.write(async (ctx) => {
    const touched = new Set<string>();
    for (let i = 0; i <= next(3); i++) touched.add(pick(next, ids));
    for (const id of touched) {
      const values = { owner: pick(next, owners), balance: next(15), note: `n${next(3)}` };
      const kind = next(10);
      if (kind < 3) await remove(ctx, Account, id).catch(() => undefined);
      else if (kind < 7) {
        const found = await change(ctx, Account, id, next(2) === 0 ? values : { note: values.note }).catch(
          () => null,
        );
        if (!found) await put(ctx, Account, { id, ...values }).catch(() => undefined);
      } else {
        const note = `m${next(10)}`;
        const kept = await change(ctx, Note, note, { accountId: id }).catch(() => null);
        if (!kept) await put(ctx, Note, { id: note, accountId: id, text: "t" }).catch(() => undefined);
      }
    }
  });
}

/** The fresh values of all labels at exactly `version`; undefined when the store has moved on meanwhile. */
async function freshAt(world: World, version: bigint, fresh: ReadonlyMap<string, Fresh>) {
  return world.write(async (ctx) => {
    ctx.tx.setReadVersion(version);
    const at: At = {
      all: async (query) => {
        const ast = astOf(query);
        return (await execute(ctx, ast)).map((row) => project(ast, row));
      },
      one: async (id) => (await at.all(from(Account).where({ id })))[0] ?? null,
    };
    const values: Record<string, unknown> = {};
    for (const [label, read] of fresh) values[label] = await read(at);
    return values;
  });
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe.each(Array.from({ length: 6 }, (_, i) => seed * 100 + i))("history %i", (history) => {
  let world: World;
  afterAll(() => world.close());

  test("folded events equal fresh queries at every version", async () => {
    const next = random(history);
    world = await World.create();
    for (let i = 0; i < 12; i++) await randomCommit(world, next);
    const readers: { sub: Awaited<ReturnType<World["subscribe"]>>; fold: Fold; fresh: Map<string, Fresh> }[] =
      [];
    const join = async () => {
      const labels = Array.from({ length: 1 + next(4) }, (_, i) => [`l${i}`, ...randomLabel(next)] as const);
      const sub = await world.subscribe(Object.fromEntries(labels.map(([name, live]) => [name, live])));
      const fold = new Fold();
      for await (const transition of sub) {
        fold.apply(transition);
        break;
      }
      sub.on("transition", (transition) => fold.apply(transition));
      readers.push({ sub, fold, fresh: new Map(labels.map(([name, , fresh]) => [name, fresh])) });
    };
    await join();
    await join();
    for (let i = 0; i < commits; i++) {
      await randomCommit(world, next);
      if (next(15) === 0) await join();
      if (next(20) === 0 && readers.length > 2) {
        const [gone] = readers.splice(next(readers.length), 1);
        await gone!.sub.close();
      }
      if (next(3) !== 0) continue;
      const version = await world.write((ctx) => ctx.tx.getReadVersion());
      for (const { sub, fold, fresh } of readers) {
        await sub.until(version);
        const expected = plain(await freshAt(world, sub.version, fresh));
        expect(plain(sub.value)).toEqual(expected);
        expect(plain(fold.value)).toEqual(expected);
      }
    }
    expect(readers.some(({ fold }) => fold.transitions > 0)).toBe(true);
  });
});
