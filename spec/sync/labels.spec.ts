import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { from } from "../../lib/query/index.js";
import type { Subscription } from "../../lib/sync/live/subscription.js";
import type { AnyTransition, Queries } from "../../lib/sync/live/transition.js";
import { liveAll, liveCount, liveMany, liveOne } from "../../lib/sync/queries/live-queries.js";
import { LabelMoves } from "../../lib/sync/subscription/label-moves.js";
import { type Decoded, decodeTransition, foldTransition } from "../../lib/web/index.js";
import { Fold } from "./fold.js";
import { random } from "./runs.js";
import { Account, change, put, remove, World } from "./world.js";

let world: World;
beforeEach(async () => {
  world = await World.create();
});
afterEach(() => world.close());

const now = () => world.write((ctx) => ctx.tx.getReadVersion());
const all = () => liveAll<Account>(from(Account), undefined);
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function told(sub: { on(event: "transition", fn: (t: never) => void): unknown }): AnyTransition[] {
  const transitions: AnyTransition[] = [];
  sub.on("transition", (t: never) => transitions.push(t));
  return transitions;
}

/** A folder elsewhere: it knows what comes over the wire. */
class Remote {
  value: Readonly<Record<string, unknown>> = {};
  readonly transitions: Decoded[] = [];
  #text = "";
  readonly #lines: ReadableStreamDefaultReader<Uint8Array>;

  constructor(sub: Subscription<Queries>) {
    this.#lines = sub.stream({ format: "ndjson" }).getReader();
  }

  async next(): Promise<Decoded> {
    while (!this.#text.includes("\n"))
      this.#text += Buffer.from((await this.#lines.read()).value!).toString();
    const end = this.#text.indexOf("\n") + 1;
    const transition = decodeTransition(this.#text.slice(0, end));
    this.#text = this.#text.slice(end);
    this.value = foldTransition(this.value, transition);
    this.transitions.push(transition);
    return transition;
  }
}

describe("a label that is dropped", () => {
  test("is gone from the next event on, and named by it", async () => {
    await world.insert(Account, { id: "a" });
    const sub = await world.subscribe({ list: all(), one: liveOne(Account, "a"), n: liveCount(Account) });
    const remote = new Remote(sub as unknown as Subscription<Queries>);
    await remote.next();
    const transitions = told(sub);
    const less = await sub.drop("list");
    expect(transitions).toMatchObject([{ type: "snapshot", reason: "params-changed", labels: ["list"] }]);
    await remote.next();
    expect(Object.keys(remote.value).sort()).toEqual(["n", "one"]);
    expect(remote.value).toEqual(plain(sub.value));
    await world.insert(Account, { id: "b" });
    await less.until(await now());
    await remote.next();
    expect(remote.value).toMatchObject({ n: 2 });
    expect(Object.keys(remote.value).sort()).toEqual(["n", "one"]);
    // A cursor from here on is that of the labels which are left.
    const { cursor } = less;
    const queries = { one: liveOne(Account, "a"), n: liveCount(Account) };
    const again = await world.subscribe(queries, { resume: cursor });
    expect((await again[Symbol.asyncIterator]().next()).value).toMatchObject({ type: "progress" });
  });

  test("with others that come in the same turn is one snapshot that names both; none is nothing", async () => {
    const sub = await world.subscribe({ list: all(), n: liveCount(Account) });
    const transitions = told(sub);
    await Promise.all([sub.drop("list"), sub.add({ one: liveOne(Account, "a") })]);
    await sub.drop();
    expect(transitions).toMatchObject([
      { reason: "params-changed", labels: ["list", "one"], value: { n: 0 } },
    ]);
    expect(transitions[0]).toHaveProperty(["value", "one"], null);
    expect(transitions[0]).not.toHaveProperty(["value", "list"]);
  });

  test("and comes back in the same turn is told once", async () => {
    const sub = await world.subscribe({ list: all(), n: liveCount(Account) });
    const transitions = told(sub);
    await Promise.all([sub.drop("list"), sub.add({ list: all() })]);
    expect(transitions).toMatchObject([{ labels: ["list"], value: { list: [], n: 0 } }]);
  });

  test("during a pause is told when it is over", async () => {
    const sub = await world.subscribe({ list: all(), n: liveCount(Account) });
    const transitions = told(sub);
    sub.pause();
    await sub.drop("list");
    await sub.add({ one: liveOne(Account, "a") });
    expect(Object.keys(sub.value)).toEqual(["list", "n"]);
    await sub.resume();
    expect(transitions.filter(({ type }) => type !== "status")).toMatchObject([
      { type: "snapshot", reason: "params-changed", labels: ["one", "list"], value: { n: 0, one: null } },
    ]);
    expect(Object.keys(sub.value)).toEqual(["n", "one"]);
  });

  test("takes its watch with it", async () => {
    await world.close();
    world = await World.create({ notes: false });
    const { Note } = await import("./world.js");
    const sub = await world.subscribe({ list: all(), note: liveOne(Note, "n") });
    const before = world.hub.watchCount;
    await sub.drop("note");
    expect([before, world.hub.watchCount]).toEqual([3, 1]);
  });
});

test("a move that fails before it has begun does not take the next one with it", async () => {
  const shown: Queries[] = [];
  const outcomes = [Promise.reject(new Error("no")), Promise.resolve(), Promise.resolve()];
  const moves = new LabelMoves((queries) => {
    const outcome = outcomes[shown.length]!;
    shown.push({});
    return outcome.then(() => void shown.push(queries({})));
  });
  const label = (name: string) => () => ({ [name]: all() });
  await expect(Promise.all([moves.add(label("a"), []), moves.add(label("b"), [])])).rejects.toThrow("no");
  await moves.add(label("c"), []);
  expect(Object.keys(shown.at(-1)!)).toEqual(["c"]);
});

test("a move counts the commits that it found on the way", async () => {
  await world.insert(Account, { id: "a" });
  const sub = await world.subscribe({ list: all(), one: liveOne(Account, "a") });
  const transitions = told(sub);
  const moved = sub.set("one", liveOne(Account, "b"));
  await Promise.all([world.insert(Account, { id: "b" }), moved]);
  await sub.until(await now());
  const commits = transitions.reduce((sum, t) => sum + (t.type === "change" ? t.commits : 0), 0);
  expect(commits).toBe(1);
});

describe("folding gives the value, whatever is done to the labels", () => {
  const seeds = [1, 2, 3].map((n) => n + Number(process.env.PLINTH_SEED ?? 0));

  test.each(seeds)("history %i", async (seed) => {
    const next = random(seed);
    const makers = [
      all,
      () =>
        liveAll<Account>(
          from(Account)
            .orderBy({ balance: "desc" })
            .limit(1 + next(4)),
          undefined,
        ),
      () => liveAll<Account>(from(Account), { owner: ["x", "y"][next(2)]! }),
      () => liveMany(Account, ["a1", "a2", `a${next(6)}`]),
    ];
    const list = () => makers[next(makers.length)]!();
    const names = ["p", "q", "r", "s"];
    const sub = (await world.subscribe({ p: list(), q: list() })) as unknown as Subscription<Queries>;
    const near = new Fold();
    const remote = new Remote(sub);
    await remote.next();
    near.apply(remote.transitions[0] as AnyTransition);
    let paused = false;
    sub.on("transition", (t) => {
      near.apply(t);
      expect(near.value).toEqual(sub.value);
    });
    const step = async (): Promise<unknown> => {
      const label = names[next(names.length)]!;
      const shown = sub.labels.includes(label);
      switch (next(8)) {
        case 0:
          return shown && sub.labels.length > 1 ? sub.drop(label) : undefined;
        case 1:
          return shown ? undefined : sub.add({ [label]: list() });
        case 2:
          return shown ? sub.set(label, list() as never) : undefined;
        case 3: {
          paused = !paused;
          return paused ? sub.pause() : sub.resume();
        }
        default:
          return world.write(async (ctx) => {
            const id = `a${next(6)}`;
            const values = { owner: ["x", "y"][next(2)]!, balance: next(5) };
            if (next(4) === 0) await remove(ctx, Account, id);
            else if ((await change(ctx, Account, id, values)) === null)
              await put(ctx, Account, { id, ...values });
          });
      }
    };
    for (let i = 0; i < Number(process.env.PLINTH_RUNS ?? 60); i++) {
      // A label that another call of the turn has dropped is refused, and nothing moves.
      await Promise.allSettled(Array.from({ length: 1 + next(3) }, step));
    }
    if (paused) await sub.resume();
    await sub.until(await now());
    expect(plain(near.value)).toEqual(plain(sub.value));
    await sub.close();
    for (;;) {
      const read = await remote.next().catch(() => undefined);
      if (read === undefined) break;
    }
    expect(plain(remote.value)).toEqual(plain(sub.value));
    expect(remote.transitions.some((t) => t.type === "snapshot" && t.reason === "params-changed")).toBe(true);
  });
});
