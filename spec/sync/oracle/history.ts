import type { Engine } from "../../../lib/engine/index.js";
import { type Random, random } from "../runs.js";
import { Disagreement, type Known, testHeld, testKnown } from "./agree.js";
import { Bombs } from "./bombs.js";
import { chance, pick } from "./kinds.js";
import type { Label } from "./label.js";
import { randomLabel } from "./labels.js";
import { Reader } from "./reader.js";
import { show } from "./show.js";
import { type Process, Store } from "./store.js";
import { fill, randomWrite } from "./writes.js";

export interface HistoryOptions {
  readonly seed: number;
  /** A store for one tenant more; it stays open. */
  readonly engine: Engine;
  /** Commits to make at least. */
  readonly commits: number;
  /** Default: as the seed has it. Every commit is tested, and only watches bring it. */
  readonly strict?: boolean;
  /** Default: as the seed has it. */
  readonly faults?: boolean;
  /** Default: as the seed has it. Answers come late, and steps between two commits read at one version. */
  readonly late?: boolean;
  /** Milliseconds for which a watch may take to fire, on a machine that does other things too. Default 20,000. */
  readonly patienceMs?: number;
}

/** What a history came to. */
export interface Outcome {
  /** Commits that the store has made, each with at least one write. */
  readonly commits: number;
  /** Changes that readers were told of. */
  readonly transitions: number;
  readonly resumes: number;
  /** Moments at which a reader's knowledge was compared with fresh queries. */
  readonly tests: number;
  /** Moments that were too old to be read when their turn came. */
  readonly skipped: number;
  /** Subscriptions of which a function has thrown. */
  readonly exploded: number;
}

class History {
  readonly #readers: Reader[] = [];
  readonly #bombs: Bombs;
  #names = 0;
  #left = 0;
  #resumesOfLeft = 0;
  tests = 0;
  skipped = 0;

  constructor(
    private readonly next: Random,
    private readonly store: Store,
    private readonly strict: boolean,
    private readonly patienceMs: number,
  ) {
    this.#bombs = new Bombs(store.world);
  }

  get exploded(): number {
    return this.#bombs.exploded;
  }

  get transitions(): number {
    return this.#readers.reduce((sum, { transitions }) => sum + transitions, this.#left);
  }

  get resumes(): number {
    return this.#readers.reduce((sum, { resumes }) => sum + resumes, this.#resumesOfLeft);
  }

  #process(): Process {
    return pick(this.next, this.store.processes);
  }

  async join(): Promise<void> {
    const labels = new Map<string, Label>();
    for (let i = this.next(4); i >= 0; i--)
      labels.set(`l${++this.#names}`, await randomLabel(this.next, this.store));
    this.#readers.push(await Reader.join(this.#process(), labels));
  }

  async #leave(): Promise<void> {
    const [gone] = this.#readers.splice(this.next(this.#readers.length), 1);
    this.#left += gone!.transitions;
    this.#resumesOfLeft += gone!.resumes;
    await gone!.sub.close();
  }

  /** One reader goes on in the other process, or in the same one with nothing left of what it was. */
  async #resumeOne(): Promise<void> {
    const reader = pick(this.next, this.#readers);
    await this.#test(reader.takeUntested());
    const { relabelled } = reader;
    const reason = await reader.resumeIn(this.#process(), async () => {
      for (let i = this.next(4); i > 0; i--) await this.#write();
    });
    const all = [...reader.labels.values()];
    if (reason === undefined) {
      const silent = all.find((label) => label.unstated === true);
      if (silent === undefined) return;
      throw new Disagreement(`A function that does not say what it refers to was resumed:\n  ${silent.text}`);
    }
    if (reason === "params-changed" && all.some((label) => label.unstated === true)) return;
    if (relabelled && reason === "params-changed") return;
    if (reason === "cursor-expired" && all.some((label) => !label.resumable)) return;
    const labels = all.map(({ text }) => text);
    throw new Disagreement(`A resume began with a snapshot (${reason}):\n  ${labels.join("\n  ")}`);
  }

  async #relabel(): Promise<void> {
    const reader = pick(this.next, this.#readers);
    await reader.resume();
    await reader.drain();
    const [name, label] = pick(this.next, [...reader.labels]);
    const similar = await label.similar?.(this.next, this.store);
    if (similar !== undefined) await reader.set(name, similar);
    else if (reader.labels.size < 6) {
      await reader.add(`l${++this.#names}`, await randomLabel(this.next, this.store));
    }
  }

  #write(): Promise<void> {
    return randomWrite(this.next, this.store, this.#process());
  }

  async step(): Promise<void> {
    const { next } = this;
    const writers = this.strict ? 1 : 1 + next(4);
    const doing = Array.from({ length: writers }, () => this.#write());
    // Queries begin and end while others are read.
    for (let joins = next(3); joins > 0 && this.#readers.length < 5 && chance(next, 12); joins--)
      doing.push(this.join());
    if (chance(next, 12) && this.#readers.length > 2) doing.push(this.#leave());
    if (chance(next, 6)) doing.push(this.#bombs.plant(next, this.#process()));
    this.#bombs.arm(chance(next, 2));
    await Promise.all(doing);
    if (chance(next, 12)) await this.#resumeOne();
    if (chance(next, 15)) await this.#relabel();
    if (chance(next, 20)) pick(next, this.#readers).pause();
    if (this.strict || chance(next, 3)) await this.test();
  }

  /** Everything that was told, and what is shown now. */
  async test(): Promise<void> {
    for (const reader of this.#readers) await reader.resume();
    const version = await this.store.now();
    if (this.#bombs.failure !== undefined) throw this.#bombs.failure;
    for (const reader of this.#readers) {
      if (reader.failure !== undefined) throw reader.failure;
      if (this.strict) await this.#shown(reader);
      else await reader.sub.until(version, { timeoutMs: this.patienceMs });
    }
    await this.#test(this.#readers.flatMap((reader) => [...reader.takeUntested(), reader.known()]));
    for (const reader of this.#readers) await this.#testNow(reader);
  }

  /** Nobody asks: the watches alone have to bring it. */
  async #shown(reader: Reader): Promise<void> {
    for (const end = Date.now() + this.patienceMs; ; ) {
      // Nobody writes meanwhile, so every version from here on holds the same.
      const version = await this.store.now();
      try {
        const tested = await this.store.at(version, async (at) => {
          await testKnown(reader.known(version), at);
          return true;
        });
        if (tested === true) return;
      } catch (error) {
        if (!(error instanceof Disagreement) || Date.now() > end) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  async #test(all: readonly Known[]): Promise<void> {
    const byVersion = new Map<bigint, Known[]>();
    for (const known of all) byVersion.set(known.version, [...(byVersion.get(known.version) ?? []), known]);
    for (const [version, some] of byVersion) {
      const done = await this.store.at(version, async (at) => {
        for (const known of some) await testKnown(known, at);
        return true;
      });
      this.tests += some.length;
      if (done === undefined) this.skipped += some.length;
    }
  }

  async #testNow(reader: Reader): Promise<void> {
    const { sub, labels } = reader;
    const value: Readonly<Record<string, unknown>> = sub.value;
    const held = [...labels].filter(([, { mode }]) => mode === "held");
    if (held.length > 0)
      await this.store.at(sub.version, async (at) => {
        for (const [name, label] of held) await testHeld(name, label, value[name], at);
      });
    if (chance(this.next, 2)) await reader.drain();
    const shown = show(sub.value);
    const [listener, slow] = reader.folds;
    if (listener !== shown)
      throw new Disagreement(`A listener folded\n  ${listener}\n  shown is\n  ${shown}`);
    if (sub.backlog.transitions === 0 && slow !== shown)
      throw new Disagreement(`A slow reader folded\n  ${slow}\n  shown is\n  ${shown}`);
  }

  async end(): Promise<void> {
    this.#bombs.arm(false);
    await this.#bombs.close();
    await this.test();
    for (const reader of this.#readers) {
      await reader.drain();
      await this.#testNow(reader);
      await this.#test(reader.takeUntested());
    }
  }
}

/** Runs one history; throws a Disagreement at the first moment when a reader knows something else than a fresh query. */
export async function runHistory(options: HistoryOptions): Promise<Outcome> {
  const { seed, engine, commits } = options;
  const next = random(seed);
  const strict = chance(next, 4);
  const faults = chance(next, 2);
  const late = chance(next, 3);
  const store = await Store.open(next, engine, `history ${seed}`, {
    ...((options.faults ?? faults) ? { faultSeed: seed } : {}),
    ...((options.late ?? late) ? { lateSeed: seed } : {}),
    // A heartbeat reads without being woken, which would hide a watch that is not set.
    heartbeatMs: (options.strict ?? strict) ? 3_600_000 : 20,
  });
  const history = new History(next, store, options.strict ?? strict, options.patienceMs ?? 20_000);
  try {
    await fill(next, store);
    await history.join();
    await history.join();
    while (store.counted.commits < commits) await history.step();
    await history.end();
    const { transitions, resumes, tests, skipped, exploded } = history;
    return { commits: store.counted.commits, transitions, resumes, tests, skipped, exploded };
  } finally {
    await store.close();
  }
}
