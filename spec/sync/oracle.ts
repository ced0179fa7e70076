import { expect } from "@jest/globals";
import type { Engine, Transaction } from "../../lib/engine/index.js";
import { astOf, execute, from, project, type Selects } from "../../lib/query/index.js";
import type { AnyLive } from "../../lib/sync/live.js";
import { liveAll, liveCount, liveEach, liveMany, liveOne } from "../../lib/sync/live-queries.js";
import type { LiveSubscription } from "../../lib/sync/live-subscription.js";
import type { AnyTransition } from "../../lib/sync/transition.js";
import { Fold } from "./fold.js";
import { random } from "./runs.js";
import { Account, change, Note, put, remove, World } from "./world.js";

/**
 * The law of Sync: after every transition, what a reader has folded from the events is what fresh queries give at
 * that version, for all labels together.
 */

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
      const some = ids.filter((one) => one === id || next(3) === 0);
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

interface Reader {
  readonly sub: LiveSubscription;
  /** Told of each transition by a listener. */
  readonly fold: Fold;
  /** Reads now and then, through a buffer that holds three transitions. */
  readonly slow: Fold;
  readonly pages: AsyncIterableIterator<AnyTransition, undefined>;
  pending?: Promise<IteratorResult<AnyTransition, undefined>> | undefined;
  readonly fresh: Map<string, Fresh>;
}

async function join(world: World, next: Random): Promise<Reader> {
  const labels = Array.from({ length: 1 + next(4) }, (_, i) => [`l${i}`, ...randomLabel(next)] as const);
  const queries = Object.fromEntries(labels.map(([name, live]) => [name, live]));
  const delivery = { budget: { transitions: 3 } };
  const sub = (await world.subscribe(queries, { delivery })) as unknown as LiveSubscription;
  const pages = sub[Symbol.asyncIterator]() as AsyncIterableIterator<AnyTransition, undefined>;
  const fold = new Fold();
  const slow = new Fold();
  const first = (await pages.next()).value!;
  fold.apply(first);
  slow.apply(first);
  sub.on("transition", (transition: AnyTransition) => fold.apply(transition));
  return { sub, fold, slow, pages, fresh: new Map(labels.map(([name, , fresh]) => [name, fresh])) };
}

async function seen(sub: LiveSubscription, version: bigint, byWatch: boolean): Promise<void> {
  if (!byWatch) return sub.until(version, { timeoutMs: 10_000 });
  // Nobody asks: the watch alone has to bring it.
  const end = Date.now() + 2_000;
  while (sub.version < version) {
    if (Date.now() > end) throw new Error("The watch did not fire.");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Reads what waits. What waits can come to nothing: then the reader goes on waiting, and reads the next one later. */
async function drain(reader: Reader): Promise<void> {
  while (reader.pending !== undefined || reader.sub.backlog.transitions > 0) {
    reader.pending ??= reader.pages.next();
    const nothing = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 1));
    const read = await Promise.race([reader.pending, nothing]);
    if (read === undefined) return;
    reader.pending = undefined;
    reader.slow.apply(read.value!);
  }
}

async function check(world: World, reader: Reader): Promise<void> {
  const { sub, fold, slow, fresh } = reader;
  const shown = plain(sub.value);
  const { version } = sub;
  await drain(reader);
  const expected = plain(await freshAt(world, version, fresh));
  expect(shown).toEqual(expected);
  expect(plain(fold.value)).toEqual(plain(sub.value));
  expect(plain(slow.value)).toEqual(plain(sub.value));
}

export interface History {
  readonly seed: number;
  readonly commits: number;
  readonly engine?: Engine;
  /** Every commit is checked, and the watches alone bring it. */
  readonly strict?: boolean;
}

/** Runs one history; throws at the first moment when a reader knows something else than a fresh query. */
export async function runHistory({ seed, commits, engine, strict = false }: History): Promise<number> {
  const next = random(seed);
  const world = await World.create(engine === undefined ? {} : { engine });
  try {
    for (let i = 0; i < 12; i++) await randomCommit(world, next);
    const readers = [await join(world, next), await join(world, next)];
    let transitions = 0;
    for (let i = 0; i < commits; i++) {
      await randomCommit(world, next);
      if (next(15) === 0) readers.push(await join(world, next));
      if (next(12) === 0 && readers.length > 2) {
        const [gone] = readers.splice(next(readers.length), 1);
        transitions += gone!.fold.transitions;
        await gone!.sub.close();
      }
      if (next(20) === 0) readers[next(readers.length)]!.sub.pause();
      if (!strict && next(3) !== 0) continue;
      for (const { sub } of readers) await sub.resume();
      // A version that only a watch can bring has to be one that changed every source.
      let written: Transaction | undefined;
      await world.write(async (ctx) => {
        written = ctx.tx;
        await put(ctx, Account, { id: "zz", owner: "nobody", balance: -1, note: `v${i}` });
        await put(ctx, Note, { id: "zz", accountId: "nobody", text: `v${i}` });
      });
      const version = written!.getCommittedVersion();
      for (const reader of readers) await seen(reader.sub, version, strict);
      for (const reader of readers) await check(world, reader);
    }
    return readers.reduce((sum, { fold }) => sum + fold.transitions, transitions);
  } finally {
    await world.close();
  }
}
