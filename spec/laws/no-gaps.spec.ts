import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  applyChanges,
  type Change,
  change,
  create,
  Field,
  from,
  index,
  type Live,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  type Subscription,
  Sync,
  Tenant,
  type Transition,
} from "plinth";
import { type Engine, openEngine } from "plinth/engine";

/** What a reader folds from the events is at every version what a fresh query gives, for all labels together. */

@Schema("tasks")
class Task {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare list: string | null;
  @Field("integer") declare rank: number | null;
  @Field("string") declare text: string | null;
}

@Schema("remarks")
class Remark {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare taskId: string | null;
}

class Tasks extends Migration {
  change() {
    return [
      create(metadata(Task)),
      create(metadata(Task, ["list"])),
      create(index(Task, ["list", "rank"])),
      create(index(Task, ["rank"])),
      create(metadata(Remark)),
      create(index(Remark, ["taskId"])),
    ];
  }
}

type Plain = { readonly id: string; readonly [field: string]: unknown };
interface State {
  readonly tasks: ReadonlyMap<string, Plain>;
  readonly remarks: ReadonlyMap<string, Plain>;
}
type AnyLive = Live<unknown, unknown>;
/** A live query, and what it has to show in a state. */
interface Label {
  /** A label is only ever set to a query of the same kind. */
  readonly kind: "row" | "rows" | "number" | "lists";
  readonly live: AnyLive;
  readonly expected: (state: State) => unknown;
}

const seed = Number(process.env.PLINTH_SEED ?? 20_260);
const runs = Number(process.env.PLINTH_RUNS ?? 3);

function random(from: number): (below: number) => number {
  let state = from;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) | 0;
    state ^= state >>> 12;
    return (state >>> 0) % below;
  };
}

const ids = Array.from({ length: 12 }, (_, i) => `t${String(i).padStart(2, "0")}`);
const lists = ["home", "work", "idle"];

const sorted = (rows: Iterable<Plain>, ...keys: readonly ((row: Plain) => number | string)[]) =>
  [...rows].sort((a, b) => {
    for (const key of [...keys, (row: Plain) => row.id]) {
      if (key(a) !== key(b)) return key(a) < key(b) ? -1 : 1;
    }
    return 0;
  });
const rankOf = (row: Plain) => row.rank as number;

function randomLabel(next: (below: number) => number, sync: Sync): Label {
  const list = lists[next(3)]!;
  const low = next(10);
  const limit = 1 + next(4);
  const id = ids[next(ids.length)]!;
  const some = ids.filter(() => next(3) === 0);
  const drawn = next(9);
  const kind = drawn === 0 ? "row" : drawn === 6 ? "number" : drawn === 8 ? "lists" : "rows";
  const label = (live: unknown, expected: Label["expected"]): Label => ({
    kind,
    live: live as AnyLive,
    expected,
  });
  switch (drawn) {
    case 0:
      return label(sync.one(Task, id), ({ tasks }) => tasks.get(id) ?? null);
    case 1:
      return label(sync.many(Task, some), ({ tasks }) => some.flatMap((one) => tasks.get(one) ?? []));
    case 2:
      return label(sync.all(from(Task).orderBy("rank")), ({ tasks }) => sorted(tasks.values(), rankOf));
    case 3:
      return label(sync.all(from(Task).orderBy("rank").limit(limit)), ({ tasks }) =>
        sorted(tasks.values(), rankOf).slice(0, limit),
      );
    case 4:
      return label(sync.allBy(from(Task).orderBy({ rank: "desc" }), { list }), ({ tasks }) =>
        sorted(
          [...tasks.values()].filter((row) => row.list === list),
          rankOf,
        ).reverse(),
      );
    case 5:
      return label(sync.all(from(Task).where({ rank: { gte: low } })), ({ tasks }) =>
        sorted(
          [...tasks.values()].filter((row) => rankOf(row) >= low),
          rankOf,
        ),
      );
    case 6:
      return label(
        sync.count(from(Task).where({ list })),
        ({ tasks }) => [...tasks.values()].filter((row) => row.list === list).length,
      );
    case 7:
      return label(
        sync.each(sync.all(from(Task).orderBy("rank").limit(limit).select("id")), (one: string) =>
          sync.one(Task, one),
        ),
        ({ tasks }) => sorted(tasks.values(), rankOf).slice(0, limit),
      );
    default:
      return label(
        sync.each(sync.all(from(Task).where({ list }).orderBy("rank").select("id")), (one: string) =>
          sync.allBy(Remark, { taskId: one }),
        ),
        ({ tasks, remarks }) =>
          sorted(
            [...tasks.values()].filter((row) => row.list === list),
            rankOf,
          ).map(({ id: one }) => sorted([...remarks.values()].filter((remark) => remark.taskId === one))),
      );
  }
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

/** Everything that a reader of transitions knows. */
class Fold {
  value: Record<string, unknown> = {};
  version = -1n;
  cursor = "";

  apply(transition: Transition<never>): void {
    if (transition.type === "status") return;
    if (transition.type === "snapshot") this.value = { ...(transition.value as object) };
    if (transition.type === "change") {
      expect(transition.from).toBe(this.version);
      for (const [label, changes] of Object.entries(
        transition.changes as Record<string, readonly Change<unknown>[]>,
      )) {
        const before = this.value[label];
        this.value[label] = Array.isArray(before)
          ? applyChanges(before, changes)
          : (applyChanges(before === null ? [] : [before], changes)[0] ?? null);
      }
    }
    expect(transition.version).toBeGreaterThanOrEqual(this.version);
    this.version = transition.version;
    this.cursor = transition.cursor;
  }
}

class Viewer {
  readonly fold = new Fold();
  /** What was known at some versions, while the labels stayed the same. */
  seen: { readonly version: bigint; readonly cursor: string; readonly value: Record<string, unknown> }[] = [];
  stable = true;

  constructor(
    readonly subscription: Subscription<Record<string, AnyLive>>,
    readonly labels: Map<string, Label>,
    readonly sync: Sync,
  ) {
    void this.read();
  }

  private async read(): Promise<void> {
    for await (const transition of this.subscription) {
      this.fold.apply(transition as Transition<never>);
      if (this.stable && transition.type !== "status") {
        const { version, cursor, value } = this.fold;
        this.seen.push({ version, cursor, value: { ...value } });
      }
    }
  }
}

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine("memory:");
});
const open: Theatre[] = [];
afterAll(async () => {
  for (const theatre of open) await theatre.close();
  await engine.close();
});

/** Two processes on one tenant, the commits that they made, and readers of both. */
class Theatre {
  readonly viewers: Viewer[] = [];
  readonly history: { readonly version: bigint; readonly state: State }[] = [];
  state: State = { tasks: new Map(), remarks: new Map() };

  private constructor(
    readonly processes: readonly { repo: Repo; tenant: Tenant; sync: Sync }[],
    readonly next: (below: number) => number,
  ) {}

  static async open(name: string, from: number): Promise<Theatre> {
    const processes = [];
    for (let i = 0; i < 2; i++) {
      const repo = new Repo({ engine, storageId: "no-gaps", migrations: [[1, Tasks]] });
      processes.push({ repo, tenant: await Tenant.openOrCreate(repo, name), sync: new Sync(repo) });
    }
    const theatre = new Theatre(processes, random(from));
    open.push(theatre);
    return theatre;
  }

  async commit(): Promise<void> {
    const { next } = this;
    const { repo, tenant } = this.processes[next(2)]!;
    const tasks = new Map(this.state.tasks);
    const remarks = new Map(this.state.remarks);
    const steps = Array.from(
      { length: 1 + next(4) },
      () => [next(6), ids[next(12)]!, lists[next(3)]!, next(14), next(8)] as const,
    );
    const { version } = await repo.transactional(
      tenant,
      async () => {
        for (const [kind, id, list, rank, n] of steps) {
          const stored = await repo.get(Task, id);
          if (kind === 0 && stored !== null) await repo.delete(stored);
          else if (kind === 1 && stored !== null) await repo.update(change(stored, { text: `x${rank}` }));
          else if (kind === 2)
            await repo.insert(Remark, { id: `r${n}`, taskId: id }, { onConflict: "replaceAll" });
          else if (stored === null) await repo.insert(Task, { id, list, rank, text: "new" });
          else await repo.update(change(stored, { list, rank }));
        }
      },
      { returning: "version" },
    );
    for (const [kind, id, list, rank, n] of steps) {
      const stored = tasks.get(id);
      if (kind === 0 && stored !== undefined) tasks.delete(id);
      else if (kind === 1 && stored !== undefined) tasks.set(id, { ...stored, text: `x${rank}` });
      else if (kind === 2) remarks.set(`r${n}`, { id: `r${n}`, taskId: id });
      else tasks.set(id, { id, list, rank, text: stored?.text ?? "new" });
    }
    this.state = { tasks, remarks };
    this.history.push({ version, state: this.state });
  }

  labels(sync: Sync, count = 1 + this.next(4)): Map<string, Label> {
    return new Map(Array.from({ length: count }, (_, i) => [`l${i}`, randomLabel(this.next, sync)]));
  }

  async join(): Promise<Viewer> {
    const { sync, tenant } = this.processes[this.next(2)]!;
    const labels = this.labels(sync);
    const subscription = await sync.subscribe(tenant, livesOf(labels), {
      delivery: { budget: { transitions: 1 + this.next(5) } },
    });
    const viewer = new Viewer(subscription, labels, sync);
    this.viewers.push(viewer);
    return viewer;
  }

  /** Changes what a viewer looks at, without waiting for it. */
  disturb(viewer: Viewer): Promise<unknown> {
    const { next } = this;
    const { subscription, labels, sync } = viewer;
    const names = subscription.labels.filter((name) => labels.has(name));
    const name = names[next(names.length)]!;
    const kind = next(5);
    let label = randomLabel(next, sync);
    while (kind === 0 && label.kind !== labels.get(name)!.kind) label = randomLabel(next, sync);
    if (kind < 3) viewer.stable = false;
    if (kind === 0) {
      labels.set(name, label);
      return subscription.set(name, label.live);
    }
    if (kind === 1) {
      const added = `a${this.history.length} ${next(1000)}`;
      labels.set(added, label);
      return subscription.add({ [added]: label.live });
    }
    if (kind === 2 && names.length > 1) {
      labels.delete(name);
      return subscription.drop(name);
    }
    if (kind === 3) subscription.pause();
    return subscription.resume();
  }

  async settle(): Promise<void> {
    const { version, state } = this.history.at(-1)!;
    for (const viewer of this.viewers) {
      await viewer.subscription.resume();
      await viewer.subscription.until(version, { timeoutMs: 10_000 });
    }
    // What is shown is told: readers only have to take it.
    for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
    for (const { subscription, labels, fold } of this.viewers) {
      expect(plain(subscription.value)).toEqual(shown(labels, state));
      // A label that was dropped is not told of any more.
      for (const name of Object.keys(fold.value)) if (!labels.has(name)) delete fold.value[name];
      expect(plain(fold.value)).toEqual(shown(labels, state));
      expect([...subscription.labels].sort()).toEqual([...labels.keys()].sort());
    }
  }

  /** Every value that was ever known was that of its version; whoever goes on from there misses nothing. */
  async checkPast(): Promise<void> {
    for (const viewer of this.viewers) {
      if (!viewer.stable) continue;
      for (const { version, value } of viewer.seen) {
        const commit = this.history.findLast((one) => one.version <= version);
        expect(plain(value)).toEqual(
          shown(viewer.labels, commit?.state ?? { tasks: new Map(), remarks: new Map() }),
        );
      }
      const point = viewer.seen[this.next(viewer.seen.length)];
      if (point === undefined) continue;
      const other = this.processes.find(({ sync }) => sync !== viewer.sync)!;
      const again = await other.sync.subscribe(other.tenant, livesOf(viewer.labels), {
        resume: point.cursor,
      });
      const fold = new Fold();
      Object.assign(fold, { value: { ...point.value }, version: point.version });
      const first = (await again[Symbol.asyncIterator]().next()).value!;
      fold.apply(first as Transition<never>);
      expect(plain(fold.value)).toEqual(plain(again.value));
      expect(plain(again.value)).toEqual(shown(viewer.labels, this.state));
      await again.close();
    }
  }

  async close(): Promise<void> {
    for (const { sync, repo } of this.processes) {
      await sync.close();
      await repo.close();
    }
  }
}

const livesOf = (labels: ReadonlyMap<string, Label>) =>
  Object.fromEntries([...labels].map(([name, { live }]) => [name, live]));
const shown = (labels: ReadonlyMap<string, Label>, state: State) =>
  plain(Object.fromEntries([...labels].map(([name, { expected }]) => [name, expected(state)])));

describe("readers of two processes", () => {
  for (let run = 0; run < runs; run++) {
    test(`know at every version what is stored, whatever they look at meanwhile (seed ${seed + run})`, async () => {
      const theatre = await Theatre.open(`random ${run}`, seed + run);
      for (let i = 0; i < 6; i++) await theatre.commit();
      for (let i = 0; i < 4; i++) await theatre.join();
      // Two of them keep their labels.
      const disturbed = theatre.viewers.slice(2);
      for (let round = 0; round < 12; round++) {
        const moves: Promise<unknown>[] = [];
        for (let i = 0; i < 1 + theatre.next(5); i++) {
          await theatre.commit();
          if (theatre.next(2) === 0) moves.push(theatre.disturb(disturbed[theatre.next(disturbed.length)]!));
        }
        await Promise.all(moves);
        await theatre.settle();
      }
      await theatre.checkPast();
    });
  }
});

test("a transfer between two labels is never seen half done, by any reader at any speed", async () => {
  const theatre = await Theatre.open("transfers", 1);
  const [writer, watcher] = theatre.processes as [
    (typeof theatre.processes)[0],
    (typeof theatre.processes)[0],
  ];
  const { repo, tenant } = writer;
  await repo.insertAll(
    Task,
    [
      { id: "a", list: "home", rank: 50 },
      { id: "b", list: "work", rank: 50 },
    ],
    { tenant },
  );
  const { sync } = watcher;
  const page = await sync.subscribe(watcher.tenant, {
    a: sync.one(Task, "a"),
    work: sync.allBy(Task, { list: "work" }),
    all: sync.all(from(Task).orderBy("rank")),
  });
  let sums = 0;
  page.on("transition", () => {
    const { a, work, all } = page.value;
    expect(a!.rank! + work[0]!.rank!).toBe(100);
    expect(all.reduce((sum, row) => sum + row.rank!, 0)).toBe(100);
    sums++;
  });
  let version = 0n;
  for (let i = 0; i < 60; i++) {
    const outcome = await repo.transactional(
      tenant,
      async () => {
        const [a, b] = await Promise.all([repo.getOrThrow(Task, "a"), repo.getOrThrow(Task, "b")]);
        const amount = 1 + (i % 7);
        await Promise.all([
          repo.update(change(a, { rank: a.rank! - amount })),
          repo.update(change(b, { rank: b.rank! + amount })),
        ]);
      },
      { returning: "version" },
    );
    version = outcome.version;
  }
  await page.until(version);
  expect(sums).toBeGreaterThan(0);
  expect(page.value.a?.rank).toBe((await repo.get(Task, "a", { tenant }))?.rank);
});
