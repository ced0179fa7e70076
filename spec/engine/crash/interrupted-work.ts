/**
 * One kind of work on a store, to be killed in the middle of it. It says "begin" when the work begins, a number for each
 * commit that was acknowledged, and "end" when the work is over.
 */
import { writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { backupStore, type Engine, openEngine, transact } from "../../../lib/engine/index.js";
import { CLEARED, type Kind, keyOf, lastFixed, rowKey } from "./rows.js";

/** Commits that the journal has alone, for an open to recover. */
const JOURNALED = 400;
const say = (line: string | number): number => writeSync(1, `${line}\n`);

const commit = (engine: Engine, n: number): Promise<void> =>
  transact(engine, async (tx) => tx.set(keyOf(n), Buffer.from(`value ${n}`)));

async function commits(engine: Engine, until: () => boolean): Promise<void> {
  let next = 0;
  // Numbers are said in their order: what was said stands for all below it.
  let said = 0;
  const done = new Set<number>();
  const worker = async (): Promise<void> => {
    while (!until()) {
      const n = next++;
      await commit(engine, n);
      done.add(n);
      while (done.delete(said)) say(said++);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

async function prepare(kind: Kind, path: string): Promise<void> {
  const engine = await openEngine(`embedded:${path}`, { durability: "relaxed" });
  for (let n = 0; n < CLEARED; n += 1000) {
    await transact(engine, async (tx) => {
      for (let i = n; i < n + 1000; i++) tx.set(rowKey(i), Buffer.alloc(200, 1));
    });
  }
  await engine.close();
  if (kind === "recovering") {
    const again = await openEngine(`embedded:${path}`);
    await Promise.all(Array.from({ length: JOURNALED }, (_, n) => commit(again, n)));
    // The journal alone has them: the process ends without a word to the data file.
    process.kill(process.pid, "SIGKILL");
  }
  if (kind === "clearing") {
    const again = await openEngine(`embedded:${path}`);
    await transact(again, async (tx) => tx.clearRange(rowKey(1), rowKey(lastFixed)));
    process.kill(process.pid, "SIGKILL");
  }
}

const work: Record<Kind, (path: string) => Promise<void>> = {
  async closing(path) {
    const engine = await openEngine(`embedded:${path}`);
    let turns = 0;
    await commits(engine, () => ++turns > 400);
    const last = Array.from({ length: 50 }, (_, n) => commit(engine, 900_000 + n).catch(() => undefined));
    say("begin");
    await Promise.all([engine.close(), ...last]);
  },
  async "backing up"(path) {
    const engine = await openEngine(`embedded:${path}`);
    say("begin");
    let over = false;
    const copied = backupStore(engine, join(dirname(path), "copy")).finally(() => {
      over = true;
    });
    await Promise.all([copied, commits(engine, () => over)]);
    await engine.close();
  },
  async recovering(path) {
    for (let n = 0; n < JOURNALED; n++) say(n);
    say("begin");
    await (await openEngine(`embedded:${path}`)).close();
  },
  async clearing(path) {
    // A clock that is fast: the past, in which what is cleared could still be read, is over at once.
    const engine = await openEngine(`embedded:${path}`, { clock: () => performance.now() * 100_000 });
    say("begin");
    const { overlay } = (engine as unknown as { store: { overlay: { clears: { empty: boolean } } } }).store;
    await commits(engine, () => overlay.clears.empty);
    await engine.close();
  },
};

const [task, kind, path] = process.argv.slice(2) as [string, Kind, string];
if (task === "prepare") await prepare(kind, path);
else {
  await work[kind](path);
  say("end");
}
