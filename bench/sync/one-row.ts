import { instrument, type Operations } from "../../lib/engine/index.js";
import { inTurns, quantile } from "../harness/measure.js";
import type { Report } from "../harness/report.js";
import type { Targets } from "../harness/targets.js";
import type { LiveList, LiveStore, OpenStore, PostRow } from "./contender.js";
import { checkFiltered, checkRows, posts } from "./data.js";
import { openOn, type PlinthStore } from "./plinth.js";
import { versus } from "./versus.js";

const SIZES = [100, 10_000, 100_000];
/** The first round warms up and does not count. */
const ROUNDS = 4;
const CHANGES = 200;
/** A turn ends when it has taken this long. */
const TURN_MS = 800;

/** A store with one live list of all its rows, and the times that its changes took. */
class Watched {
  /** Milliseconds from the call of each update, and from its acknowledgement, to its event. */
  readonly called: number[] = [];
  readonly acknowledged: number[] = [];
  readonly #expected: PostRow[];
  readonly #told = { at: (_time: number) => {} };
  #list!: LiveList;
  #rows: readonly PostRow[] = [];
  #next = 0;

  constructor(
    readonly store: LiveStore,
    readonly size: number,
  ) {
    this.#expected = [...posts(size)];
  }

  async begin(): Promise<void> {
    await this.store.load(posts(this.size));
    this.#list = await this.store.watch({}, [() => this.#told.at(performance.now())]);
    this.#rows = this.#list.rows();
    this.check();
    await checkFiltered(this.store, this.size);
  }

  async turn(round: number): Promise<void> {
    // With all stores in one heap, a full collection would take longer than the turn.
    globalThis.gc?.({ type: "minor" });
    const ends = performance.now() + TURN_MS;
    for (let i = 0; i < CHANGES && performance.now() < ends; i++) {
      const { called, acknowledged } = await this.#change();
      if (round === 0) continue;
      this.called.push(called);
      this.acknowledged.push(acknowledged);
    }
  }

  async #change() {
    const i = (this.#next++ * 31) % this.size;
    const body = `body ${this.#next}`;
    this.#expected[i] = { ...this.#expected[i]!, body };
    const event = new Promise<number>((resolve) => {
      this.#told.at = resolve;
    });
    const called = performance.now();
    await this.store.rename(this.#rows[i]!, body);
    const acknowledged = performance.now();
    const at = await event;
    return { called: at - called, acknowledged: Math.max(0, at - acknowledged) };
  }

  check(): void {
    checkRows(this.store.name, this.#list.rows(), this.#expected);
  }
}

/** One row of a live ordered list of all rows changes, one change after the other. */
export async function oneRow(report: Report, targets: Targets, stores: readonly OpenStore[]): Promise<void> {
  const work: (readonly number[])[] = [];
  for (const size of SIZES) {
    const all: Watched[] = [];
    for (const open of stores) {
      const watched = new Watched(await open(), size);
      await watched.begin();
      all.push(watched);
    }
    await inTurns(all, ROUNDS, (watched, round) => watched.turn(round));
    const lines = all.map(({ store, called, acknowledged }) => {
      const times = [called, acknowledged].flatMap((list) => [quantile(list, 0.5), quantile(list, 0.99)]);
      return { store, cells: [called.length, ...times], compared: times[0]! };
    });
    const head = ["changes", "call to event, p50 ms", "p99 ms", "acknowledged to event, p50 ms", "p99 ms"];
    const title = `One row changes in a live ordered list of ${size.toLocaleString("en-US")}`;
    versus(report, title, head, lines, { name: "call to event, p50", better: "less" });
    for (const watched of all) watched.check();
    work.push(await countWork(all[0]!.store as PlinthStore, size));
    for (const { store } of all) await store.close();
  }
  const most = Math.max(...work.map(([, requests]) => requests!));
  targets.atMost("requests for one changed row of up to 100,000", 4, most);
  const head = ["rows", "requests", "point reads", "range reads", "watches set", "bytes read"];
  report.table("What Plinth reads to tell of one changed row", head, work);
}

/** What Plinth reads to tell of one change: a second Repo and Sync on the engine of `store`, all of it counted. */
async function countWork(store: PlinthStore, size: number): Promise<readonly number[]> {
  const reads = new Set<Readonly<Operations>>();
  const engine = instrument(store.engine, (name, of) => {
    if (name === "watches") reads.add(of);
  });
  const counted = await openOn(engine);
  let told = () => {};
  const { rows } = await counted.watch({}, [() => told()]);
  const row = rows()[1]!;
  reads.clear();
  const event = new Promise<void>((resolve) => {
    told = resolve;
  });
  await store.rename(row, "counted");
  await event;
  await counted.sync.close();
  await counted.repo.close();
  const sum = (name: keyof Operations) => [...reads].reduce((total, of) => total + of[name], 0);
  const [gets, rangeReads, watches] = [sum("gets"), sum("rangeReads"), sum("watches")];
  return [size, gets + rangeReads + watches, gets, rangeReads, watches, sum("bytesRead")];
}
