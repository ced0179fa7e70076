import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { forgetPast } from "../../lib/engine/embedded/test-access.js";
import {
  type Engine,
  EngineError,
  firstGreaterOrEqual,
  type KeySelector,
  MutationType,
  openEngine,
  type Transaction,
} from "../../lib/engine/index.js";
import { Dice } from "../../lib/testing/faults/dice.js";

const seed = Number(process.env.PLINTH_SEED ?? Date.now() % 1_000_000);
const runs = Number(process.env.PLINTH_RUNS ?? 6);

type State = ReadonlyMap<string, string>;

/** Every version of a small key space, kept whole: what the engine must agree with. */
class Model {
  private readonly states: { version: bigint; state: State }[] = [];

  at(version: bigint): State {
    let found: State = new Map();
    for (const { version: v, state } of this.states) if (v <= version) found = state;
    return found;
  }

  commit(version: bigint, change: (state: Map<string, string>) => void): void {
    const state = new Map(this.states.at(-1)?.state ?? []);
    change(state);
    this.states.push({ version, state });
  }

  get versions(): readonly bigint[] {
    return this.states.map(({ version }) => version);
  }
}

const bytes = (key: string): Buffer => Buffer.from(key, "latin1");
const sortedKeys = (state: State): string[] => [...state.keys()].sort();

function resolve(state: State, key: string, orEqual: boolean, offset: number): string {
  const keys = sortedKeys(state);
  const before = keys.filter((k) => (orEqual ? k <= key : k < key)).length;
  const index = before + offset - 1;
  return index < 0 ? "" : (keys[index] ?? "\xff");
}

/** One run: random commits, and reads at random versions of the last five seconds. */
async function run(engine: Engine, dice: Dice, advance: (us: number) => void): Promise<void> {
  const model = new Model();
  const pick = (n: number): number => Math.floor(dice.random() * n);
  const key = (): string => `k${String.fromCharCode(97 + pick(6), 97 + pick(4)).slice(0, 1 + pick(2))}`;
  for (let step = 0; step < 120; step++) {
    advance(pick(150_000));
    if (step % 20 === 19) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      forgetPast(engine);
    }
    if (dice.random() < 0.5) await write(engine, model, pick, key, step);
    else await read(engine, model, pick, key, dice);
  }
}

type Pick = (n: number) => number;

async function write(
  engine: Engine,
  model: Model,
  pick: Pick,
  key: () => string,
  step: number,
): Promise<void> {
  const tx = engine.begin();
  const changes: ((state: Map<string, string>) => void)[] = [];
  for (let i = 1 + pick(5); i > 0; i--) {
    const k = key();
    const value = `${step}.${i}`;
    if (pick(10) < 6) {
      tx.set(bytes(k), bytes(value));
      changes.push((state) => state.set(k, value));
    } else if (pick(2) === 0) {
      tx.clear(bytes(k));
      changes.push((state) => state.delete(k));
    } else {
      const [b, e] = [k, key()].sort() as [string, string];
      tx.clearRange(bytes(b), bytes(e));
      changes.push((state) => {
        for (const name of [...state.keys()]) if (name >= b && name < e) state.delete(name);
      });
    }
  }
  await tx.commit();
  const version = tx.getCommittedVersion();
  if (version > 0n)
    model.commit(version, (state) => {
      for (const change of changes) change(state);
    });
}

async function read(engine: Engine, model: Model, pick: Pick, key: () => string, dice: Dice): Promise<void> {
  const tx = engine.begin();
  const now = await engine.begin().getReadVersion();
  let version = now;
  if (dice.random() < 0.7 && model.versions.length > 0) {
    version = model.versions[pick(model.versions.length)]! + BigInt(pick(3) - 1);
    if (version <= 1_000_000n) return;
    tx.setReadVersion(version);
  } else version = await tx.getReadVersion();
  try {
    await compare(tx, model.at(version), pick, key);
  } catch (error) {
    if (error instanceof EngineError && error.fdbCode === 1007 && now - version > 4_900_000n) return;
    throw error;
  }
}

async function compare(tx: Transaction, state: State, pick: Pick, key: () => string): Promise<void> {
  const k = key();
  const value = await tx.get(bytes(k));
  expect([k, value && Buffer.from(value).toString()]).toEqual([k, state.get(k)]);
  const selector = { key: bytes(key()), orEqual: pick(2) === 0, offset: pick(7) - 3 };
  const name = Buffer.from(await tx.getKey(selector)).toString("latin1");
  expect(name).toBe(resolve(state, selector.key.toString("latin1"), selector.orEqual, selector.offset));
  const [b, e] = [key(), key()].sort() as [string, string];
  const limit = pick(5);
  const reverse = pick(2) === 0;
  const at = (from: string): KeySelector => ({ key: bytes(from), orEqual: false, offset: 1 });
  const { rows } = await tx.getRange(at(b), at(e), { limit, reverse });
  const expected = sortedKeys(state).filter((x) => x >= b && x < e);
  if (reverse) expected.reverse();
  expect(rows.map(([x, v]) => `${Buffer.from(x)}=${Buffer.from(v)}`)).toEqual(
    (limit === 0 ? expected : expected.slice(0, limit)).map((x) => `${x}=${state.get(x)}`),
  );
}

/** One transaction's random own writes and reads, none of them told before the others. */
async function ownWrites(engine: Engine, state: Map<string, string>, dice: Dice): Promise<number> {
  const pick = (n: number): number => Math.floor(dice.random() * n);
  const key = (): string => `k${String.fromCharCode(97 + pick(8), 97 + pick(4)).slice(0, 1 + pick(2))}`;
  const tx = engine.begin();
  const rows = new Map(state);
  const cleared = (b: string, e: string): void => {
    for (const name of [...rows.keys()]) if (name >= b && name < e) rows.delete(name);
  };
  let compared = 0;
  for (let step = 0; step < 40; step++) {
    const k = key();
    const action = pick(10);
    if (action < 3) {
      tx.set(bytes(k), bytes(`${step}`));
      rows.set(k, `${step}`);
    } else if (action === 3) {
      tx.clear(bytes(k));
      rows.delete(k);
    } else if (action === 4) {
      const [b, e] = [k, key()].sort() as [string, string];
      tx.clearRange(bytes(b), bytes(e));
      cleared(b, e);
    } else if (action === 5) {
      tx.atomic(MutationType.appendIfFits, bytes(k), bytes("+"));
      rows.set(k, `${rows.get(k) ?? ""}+`);
    } else {
      await compareSelected(tx, rows, pick, key);
      compared++;
    }
  }
  return compared;
}

async function compareSelected(tx: Transaction, state: State, pick: Pick, key: () => string): Promise<void> {
  const snapshot = pick(3) === 0;
  const select = (): KeySelector => ({ key: bytes(key()), orEqual: pick(2) === 0, offset: pick(7) - 3 });
  const nameOf = ({ key: k, orEqual, offset }: KeySelector): string =>
    resolve(state, Buffer.from(k).toString("latin1"), orEqual, offset);
  const one = select();
  expect(Buffer.from(await tx.getKey(one, snapshot)).toString("latin1")).toBe(nameOf(one));
  const [begin, end] = [select(), select()];
  const [from, to] = [nameOf(begin), nameOf(end)];
  const reverse = pick(2) === 0;
  const limit = pick(5);
  const expected = sortedKeys(state).filter((x) => x >= from && x < to);
  if (reverse) expected.reverse();
  const { rows } = await tx.getRange(begin, end, { limit, reverse, snapshot });
  expect(rows.map(([x, v]) => `${Buffer.from(x)}=${Buffer.from(v)}`)).toEqual(
    (limit === 0 ? expected : expected.slice(0, limit)).map((x) => `${x}=${state.get(x)}`),
  );
}

for (const durability of ["relaxed", "sync"] as const) {
  test(`random writes, read back at random versions (${durability}, seed ${seed}, ${runs} runs)`, async () => {
    for (let i = 0; i < runs; i++) {
      const folder = mkdtempSync(join(tmpdir(), "plinth-model-"));
      let now = 0;
      const engine = await openEngine(`embedded:${folder}`, { clock: () => now, durability });
      await run(engine, new Dice({ seed: seed + i }), (us) => {
        now += us;
      });
      now += 6_000_000;
      const last = engine.begin();
      last.set(bytes("last"), bytes("1"));
      await last.commit();
      now += 6_000_000;
      // What only the journal has yet stays in memory, and the data file follows within half a second.
      for (let waited = 0; forgetPast(engine) > 0; waited += 50) {
        expect(waited).toBeLessThan(10_000);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await engine.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

/** A key that gets its versionstamp at the commit may come to lie between "s" and "t": who looks there fails. */
async function lookAtStamped(engine: Engine, state: State, dice: Dice): Promise<void> {
  const pick = (n: number): number => Math.floor(dice.random() * n);
  const tx = engine.begin();
  const stamped = Buffer.concat([bytes("s"), Buffer.alloc(10, 0xff), Buffer.from([1, 0, 0, 0])]);
  tx.atomic(MutationType.setVersionstampedKey, stamped, bytes("v"));
  for (let i = 0; i < 10; i++) {
    const [b, e] = [`k${"acegi"[pick(5)]}`, ["kz", "r", "t"][pick(3)]!] as const;
    const limit = pick(4);
    const reverse = pick(2) === 0;
    const inside = sortedKeys(state).filter((x) => x >= b && x < e);
    const read = tx.getRange(firstGreaterOrEqual(bytes(b)), firstGreaterOrEqual(bytes(e)), {
      limit,
      reverse,
    });
    // From below, a read that has its rows ends before.
    const fails = e === "t" && (reverse || limit === 0 || inside.length < limit);
    if (fails) await expect(read).rejects.toMatchObject({ fdbCode: 1036 });
    else {
      const rows = (await read).rows.map(([x]) => Buffer.from(x).toString("latin1"));
      if (reverse) inside.reverse();
      expect(rows).toEqual(limit === 0 ? inside : inside.slice(0, limit));
    }
  }
}

test(`random selectors, ranges and limits over own writes (seed ${seed}, ${runs} runs)`, async () => {
  let compared = 0;
  for (let i = 0; i < runs * 4; i++) {
    const dice = new Dice({ seed: seed + i });
    const engine = await openEngine("memory:");
    const state = new Map<string, string>();
    for (let n = 0; n < 12; n++)
      state.set(`k${String.fromCharCode(97 + dice.random() * 8, 97 + dice.random() * 4)}`, `${n}`);
    const tx = engine.begin();
    for (const [key, value] of state) tx.set(bytes(key), bytes(value));
    await tx.commit();
    for (let n = 0; n < 5; n++) compared += await ownWrites(engine, state, dice);
    await lookAtStamped(engine, state, dice);
    await engine.close();
  }
  expect(compared).toBeGreaterThan(runs * 100);
});
