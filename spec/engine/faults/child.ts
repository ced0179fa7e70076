/** Works on stores while the system refuses calls, once for each seed, and prints what was not as it must be. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SharedEngine } from "../../../lib/engine/embedded/shared-engine.js";
import {
  backupStore,
  type Engine,
  openEngine,
  readRangeAll,
  restoreStore,
  type Watch,
} from "../../../lib/engine/index.js";
import { PlinthError } from "../../../lib/errors.js";
import { CALLS, type Rule, ruleOf, seeded } from "./rules.js";

const { folder, page, seeds } = JSON.parse(process.argv[2]!) as {
  readonly folder: string;
  readonly page: string;
  readonly seeds: readonly number[];
};
const control = openSync(page, "r+");
const NAME_AT = 32;

function arm(rule: Rule): void {
  const bytes = Buffer.alloc(NAME_AT + 64);
  const numbers = [1, CALLS[rule.call], rule.after, rule.times, rule.errno, rule.part ? 1 : 0, 0, 0];
  for (const [i, number] of numbers.entries()) bytes.writeInt32LE(number, i * 4);
  bytes.write(rule.name, NAME_AT);
  writeSync(control, bytes, 4, bytes.length - 4, 4);
  writeSync(control, bytes, 0, 4, 0);
}
/** Ends the refusals; returns how many there were. */
function disarm(): number {
  writeSync(control, Buffer.alloc(4), 0, 4, 0);
  const bytes = Buffer.alloc(NAME_AT);
  readSync(control, bytes, 0, NAME_AT, 0);
  return Math.min(bytes.readInt32LE(24), bytes.readInt32LE(28));
}

const unhandled: string[] = [];
process.on("unhandledRejection", (error) => unhandled.push(String((error as Error)?.stack ?? error)));

/** What a disk can cause; after 1037 a transaction is tried again. */
const KNOWN: readonly (string | number)[] = [
  ...["store_full", "store_io", "store_unavailable", "backup_failed"],
  ...[1021, 1037],
];

/** A key that is written together with `key`, and always has its value. */
const twin = (key: string): Buffer => Buffer.from(key.replace("k", "m"));

const settled = (promise: Promise<unknown>): Promise<boolean> =>
  Promise.race([
    promise.then(
      () => true,
      () => false,
    ),
    sleep(3000, false, { ref: false }),
  ]);

type Values = ReadonlySet<string | undefined>;

/** One store, what it may hold by what was told, and what it has done wrong. */
class Trial {
  readonly wrong: string[] = [];
  private readonly may = new Map<string, Values>();
  private engine: Engine | undefined;
  private owner: Engine | undefined;
  private next = 0;
  private forgetful = false;

  constructor(
    readonly path: string,
    private readonly durability: "sync" | "relaxed",
    /** Used through its owner's socket. */
    private readonly shared: boolean,
    private readonly random: () => number,
  ) {}

  private below = (n: number): number => Math.floor(this.random() * n);

  /** Runs `work`; a refusal must be told by an error that has a code, and be one of what the disk can cause. */
  private async tried(what: string, work: () => Promise<unknown>): Promise<string | undefined> {
    let late: NodeJS.Timeout | undefined;
    const ended = new Promise<never>((_, reject) => {
      late = setTimeout(() => reject(new Error("no end after 10 s")), 10_000);
    });
    try {
      await Promise.race([work(), ended]);
      return undefined;
    } catch (error) {
      const { code, fdbCode } = error as { code?: string; fdbCode?: number };
      const text = `${what}: ${fdbCode ?? code ?? "?"} ${String((error as Error).message).slice(0, 200)}`;
      const known = KNOWN.includes(fdbCode ?? code ?? "");
      if (!(error instanceof PlinthError) || !known) this.wrong.push(text);
      return fdbCode === 1021 ? "unknown" : "refused";
    } finally {
      clearTimeout(late);
    }
  }

  async open(): Promise<boolean> {
    const refused = await this.tried("open", async () => {
      const { durability } = this;
      const url = `embedded:${this.path}${this.shared ? "?share" : ""}`;
      this.owner = await openEngine(url, { durability });
      this.engine = this.shared ? await SharedEngine.open(this.path, { durability }, "joins") : this.owner;
    });
    return refused === undefined;
  }

  async close(): Promise<boolean> {
    const { engine, owner } = this;
    this.engine = undefined;
    this.owner = undefined;
    let closed = true;
    for (const one of new Set([engine, owner]))
      if (one !== undefined && (await this.tried("close", () => one.close())) !== undefined) closed = false;
    // Its last moments may be gone with it, and the close has said so.
    if (!closed && this.durability === "relaxed") this.forgetful = true;
    return closed;
  }

  /** Commits `count` keys beside each other, each on its own. */
  async put(count: number, bytes = 40): Promise<boolean> {
    const { engine } = this;
    if (engine === undefined) return false;
    const keys = Array.from({ length: count }, () => `k${String(this.below(30)).padStart(2, "0")}`);
    const told = await Promise.all(
      [...new Set(keys)].map(async (key) => {
        const value = `${this.next++}`.padEnd(bytes, ".");
        const watch = this.below(3) === 0 ? await this.watch(engine, key) : undefined;
        const outcome = await this.tried("commit", async () => {
          const tx = engine.begin();
          tx.set(Buffer.from(key), Buffer.from(value));
          tx.set(twin(key), Buffer.from(value));
          await tx.commit();
        });
        this.told(key, value, outcome);
        if (outcome === undefined && watch !== undefined && !(await settled(watch.promise)))
          this.wrong.push(`the watch of ${key} did not fire`);
        watch?.cancel();
        return outcome;
      }),
    );
    return told.every((outcome) => outcome === undefined);
  }

  private async watch(engine: Engine, key: string): Promise<Watch | undefined> {
    let watch: Watch | undefined;
    const refused = await this.tried("watch", async () => {
      const tx = engine.begin();
      watch = tx.watch(Buffer.from(key));
      watch.promise.catch(() => undefined);
      await tx.commit();
    });
    return refused === undefined ? watch : undefined;
  }

  async clear(): Promise<void> {
    const { engine } = this;
    if (engine === undefined) return;
    const from = this.below(30);
    const [begin, end] = [from, from + this.below(10)].map((n) => `k${String(n).padStart(2, "0")}`);
    const outcome = await this.tried("clear", async () => {
      const tx = engine.begin();
      tx.clearRange(Buffer.from(begin!), Buffer.from(end!));
      tx.clearRange(twin(begin!), twin(end!));
      await tx.commit();
    });
    for (const key of [...this.may.keys()])
      if (key >= begin! && key < end!) this.told(key, undefined, outcome);
  }

  private told(key: string, value: string | undefined, outcome: string | undefined): void {
    const before = this.may.get(key) ?? new Set([undefined]);
    if (outcome === undefined) this.may.set(key, new Set([value]));
    else if (outcome === "unknown") this.may.set(key, new Set([...before, value]));
  }

  async backup(to: string): Promise<boolean> {
    const { engine } = this;
    if (engine === undefined) return false;
    const made = (await this.tried("backup", () => backupStore(engine, to))) === undefined;
    if (!made && existsSync(to)) this.wrong.push("a backup that was refused left something behind");
    return made;
  }

  /** Compares everything with what it may be. */
  async compare(what: string, engine = this.engine): Promise<void> {
    if (engine === undefined) return;
    await this.tried(`read ${what}`, async () => {
      const tx = engine.begin();
      const rows = await readRangeAll(tx, Buffer.from("k"), Buffer.from("l"));
      const twins = await readRangeAll(tx, Buffer.from("m"), Buffer.from("n"));
      const halves =
        rows.length !== twins.length ||
        rows.some(([, value], i) => Buffer.compare(twins[i]![1], value) !== 0);
      if (halves) this.wrong.push(`${what}: a commit is there by half`);
      const found = new Map(
        rows.map(([key, value]) => [String(Buffer.from(key)), String(Buffer.from(value))]),
      );
      if (this.forgetful) this.may.clear();
      if (this.forgetful) for (const [key, value] of found) this.may.set(key, new Set([value]));
      this.forgetful = false;
      for (const key of new Set([...found.keys(), ...this.may.keys()])) {
        const values = this.may.get(key) ?? new Set([undefined]);
        const value = found.get(key);
        if (values.has(value)) continue;
        const expected = [...values].map((one) => one?.slice(0, 8));
        this.wrong.push(`${what}: ${key} is ${value?.slice(0, 8)}, of ${expected.join(" or ")}`);
      }
    });
  }

  /** What a process finds after this one was killed. */
  async afterKill(): Promise<void> {
    const copy = `${this.path}-killed`;
    // Nothing is under way in another thread while the files are copied.
    while (Date.now() - newest(this.path) < 30) await sleep(10);
    cpSync(this.path, copy, { recursive: true, filter: (source) => !source.endsWith("socket") });
    const refused = await this.tried("open after a kill", async () => {
      const engine = await openEngine(`embedded:${copy}`);
      await this.compare("after a kill", engine);
      await engine.close();
    });
    if (refused !== undefined) this.wrong.push("the store could not be opened after a kill");
    rmSync(copy, { recursive: true, force: true });
  }

  async step(number: number): Promise<void> {
    const what = this.below(20);
    if (this.engine === undefined) await this.open();
    else if (what < 9) await this.put(1 + this.below(4), this.below(4) === 0 ? 20_000 : 40);
    else if (what < 11) await this.clear();
    else if (what < 14) await this.compare("beside refusals");
    else if (what < 16) await sleep(this.below(700));
    else if (what < 17) await this.backup(`${this.path}-backup${number}`);
    else await this.close();
  }

  /** With the disk well again, everything works in the same process. */
  async recovered(): Promise<void> {
    if (this.engine === undefined && !(await this.open())) this.wrong.push("still refused");
    let works = false;
    for (let i = 0; i < 40 && !works; i++) {
      works = await this.put(1);
      if (!works) await sleep(100);
    }
    if (!works) this.wrong.push("commits are still refused");
    await this.compare("afterwards");
    for (let i = 0; i < 2; i++) {
      if (!(await this.close())) this.wrong.push("cannot be closed");
      if (!(await this.open())) this.wrong.push("cannot be opened again");
      await this.compare("opened again");
    }
    const backup = `${this.path}-backup`;
    if (!(await this.backup(backup))) this.wrong.push("cannot be backed up");
    const restored = `${this.path}-restored`;
    const refused = await this.tried("restore", async () => {
      await restoreStore(backup, restored);
      const engine = await openEngine(`embedded:${restored}`);
      await this.compare("restored", engine);
      await engine.close();
    });
    if (refused !== undefined) this.wrong.push("cannot be restored");
    await this.close();
  }
}

const newest = (path: string): number =>
  Math.max(0, ...readdirSync(path).map((name) => statSync(join(path, name)).mtimeMs));

async function run(seed: number): Promise<{ rule: Rule; refused: number; wrong: readonly string[] }> {
  const random = seeded(seed);
  const rule = ruleOf(random);
  const durability = random() < 0.75 ? "sync" : "relaxed";
  const place = join(folder, `${seed}`);
  mkdirSync(place);
  const trial = new Trial(join(place, "store"), durability, random() < 0.2, random);
  if (random() < 0.8) {
    await trial.open();
    for (let i = 0; i < 3; i++) await trial.put(10);
    if (random() < 0.5) await trial.close();
  }
  arm(rule);
  for (let i = 0; i < 14; i++) await trial.step(i);
  const refused = disarm();
  if (durability === "sync") await trial.afterKill();
  await trial.recovered();
  rmSync(place, { recursive: true, force: true });
  return { rule, refused, wrong: [...trial.wrong, ...unhandled.splice(0)] };
}

for (const seed of seeds) {
  writeSync(1, `${JSON.stringify({ seed })}\n`);
  writeSync(1, `${JSON.stringify({ seed, ...(await run(seed)) })}\n`);
}
process.exit(0);
