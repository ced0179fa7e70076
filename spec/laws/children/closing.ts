/**
 * Closes Repos and Syncs in the middle of everything, and then has nothing more to do: that it ends by itself is
 * part of what is tested. Prints one line of JSON for each scenario.
 */

import { EngineError } from "../../../lib/engine/index.js";
import {
  change,
  create,
  Field,
  from,
  index,
  Migration,
  Migrator,
  metadata,
  PlinthError,
  PrimaryKey,
  Repo,
  Schema,
  Sync,
  Tenant,
} from "../../../lib/index.js";

@Schema("rows")
class Row {
  @PrimaryKey("string") declare id: string;
  @Field("integer") declare n: number | null;
  @Field("string") declare text: string | null;
}
class Rows extends Migration {
  change() {
    return [create(metadata(Row)), create(index(Row, ["n"]))];
  }
}
class ByText extends Migration {
  change() {
    return [create(index(Row, ["text"]))];
  }
}

const unhandled: string[] = [];
process.on("unhandledRejection", (reason) => unhandled.push(String(reason)));
process.on("warning", (warning) => unhandled.push(String(warning)));

const turn = (ms = 0) => new Promise<void>((resolve) => setTimeout(resolve, ms));

interface World {
  readonly repo: Repo;
  readonly tenant: Tenant;
  readonly sync: Sync;
  /** What was started and has to end. */
  readonly started: Map<string, Promise<unknown>>;
}

async function open(rows = 50): Promise<World> {
  const repo = new Repo({ url: "memory:", storageId: "closing", migrations: [[1, Rows]] });
  const tenant = await Tenant.openOrCreate(repo, "t");
  await repo.insertAll(
    Row,
    Array.from({ length: rows }, (_, i) => ({ id: `r${i}`, n: i % 9, text: "t" })),
    { tenant },
  );
  return { repo, tenant, sync: new Sync(repo), started: new Map() };
}

/** Starts a bit of everything. */
async function everything({ repo, tenant, sync, started }: World): Promise<void> {
  const start = (name: string, work: Promise<unknown>) => {
    started.set(name, work);
    work.catch(() => undefined);
  };
  const queries = { all: sync.all(from(Row).orderBy("n")), one: sync.one(Row, "r1"), count: sync.count(Row) };
  const subscription = await sync.subscribe(tenant, queries);
  start(
    "for await",
    (async () => {
      for await (const _ of subscription);
    })(),
  );
  start(
    "web stream",
    (async () => {
      for await (const _ of subscription.stream({ format: "ndjson" }) as unknown as AsyncIterable<unknown>);
    })(),
  );
  start("until", subscription.until(2n ** 60n));
  start("add", subscription.add({ more: sync.all(from(Row).where({ n: 3 })) }));
  start("second subscribe", sync.subscribe(tenant, queries));
  const paused = await sync.subscribe(tenant, queries);
  paused.pause();
  start(
    "paused",
    (async () => {
      for await (const _ of paused);
    })(),
  );
  start(
    "resume",
    turn(1).then(() => paused.resume()),
  );
  start(
    "consume",
    sync.consume(tenant, "c", { all: sync.all(Row) }, async (_batch, tx) => {
      await tx.get(Row, "r1");
    }),
  );
  for (let i = 0; i < 40; i++) {
    start(
      `hot ${i}`,
      repo.transactional(tenant, async () => {
        const row = await repo.getOrThrow(Row, "r1");
        await turn(i % 3);
        await repo.update(change(row, { n: (row.n ?? 0) + 1 }));
      }),
    );
    start(`insert ${i}`, repo.insert(Row, { id: `new ${i}`, n: i }, { tenant }));
  }
  start(
    "transaction that waits",
    repo.transactional(tenant, async () => {
      await repo.get(Row, "r2");
      await turn(30);
      await repo.insert(Row, { id: "late" });
    }),
  );
  start(
    "stream",
    (async () => {
      for await (const _ of repo.stream(Row, { tenant, batch: 2 })) await turn(1);
    })(),
  );
  start(
    "batches",
    repo.updateAll(Row, (row) => ({ text: `${row.text}!` }), { tenant, batch: 2 }),
  );
  start(
    "migration",
    Migrator.up(
      repo,
      tenant,
      [
        [1, Rows],
        [2, ByText],
      ],
      { stepBytes: 100 },
    ),
  );
  start("tenant", Tenant.openOrCreate(repo, "another"));
  start(
    "list",
    (async () => {
      for await (const _ of Tenant.list(repo));
    })(),
  );
}

/** These work on the store itself, and tell its own error when it is closed. */
const belowTheRepo = /^(migration|tenant|list|open)$/;

/** How everything that was started has ended; what has not ended within five seconds hangs. */
async function outcomes(started: ReadonlyMap<string, Promise<unknown>>) {
  const hangs: string[] = [];
  const strange: string[] = [];
  await Promise.all(
    [...started].map(async ([name, work]) => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<string>((resolve) => {
        timer = setTimeout(() => resolve("late"), 5_000);
      });
      const end = await Promise.race([
        work.then(
          () => "done",
          (error) => error,
        ),
        late,
      ]);
      clearTimeout(timer);
      if (end === "late") hangs.push(name);
      else if (end !== "done" && !(belowTheRepo.test(name) && (end as EngineError).fdbCode === 1025)) {
        if (!(end instanceof PlinthError) || end instanceof EngineError)
          strange.push(`${name}: ${String(end)}`);
      }
    }),
  );
  return { hangs, strange };
}

async function scenario(
  name: string,
  run: () => Promise<Partial<Awaited<ReturnType<typeof outcomes>>>>,
): Promise<void> {
  const outcome = await run();
  await turn(20);
  process.stdout.write(
    `${JSON.stringify({ name, hangs: [], strange: [], ...outcome, unhandled: unhandled.splice(0) })}\n`,
  );
}

for (const wait of [0, 1, 5, 20]) {
  await scenario(`the Repo is closed after ${wait} ms`, async () => {
    const world = await open();
    await everything(world);
    await turn(wait);
    await world.repo.close();
    await world.sync.close();
    return outcomes(world.started);
  });
}
await scenario("the Sync is closed first", async () => {
  const world = await open();
  await everything(world);
  await world.sync.close();
  const syncs = [...world.started].filter(([name]) => /await|web|until|add|paused|resume/.test(name));
  const ended = await outcomes(new Map(syncs));
  await world.repo.close();
  const all = await outcomes(world.started);
  return { hangs: [...ended.hangs, ...all.hangs], strange: [...ended.strange, ...all.strange] };
});
await scenario("the Repo is closed twice, while it opens", async () => {
  const repo = new Repo({ url: "memory:", storageId: "closing" });
  const started = new Map<string, Promise<unknown>>([
    ["open", Tenant.openOrCreate(repo, "t")],
    ["list", Tenant.exists(repo, "t")],
  ]);
  for (const work of started.values()) work.catch(() => undefined);
  await Promise.all([repo.close(), repo.close()]);
  return outcomes(started);
});
await scenario("several calls at once fail in a transaction", async () => {
  const world = await open();
  const { repo, tenant } = world;
  for (let i = 0; i < 20; i++) {
    world.started.set(
      `run ${i}`,
      repo
        .transactional(tenant, () =>
          Promise.all([
            repo.insert(Row, { id: "r1" }),
            repo.insert(Row, { id: "r2" }),
            repo.insert(Row, { id: "ok" }),
            repo.all(from(Row).where({ text: "x" })),
            repo.updateAll(Row, { n: 1 }),
            repo.insertAll(Row, [{ id: "r3" }, { id: "r4" }, { id: "fine" }]),
          ]),
        )
        .catch((error) => {
          if (!(error instanceof PlinthError)) throw error;
        }),
    );
  }
  const ended = await outcomes(world.started);
  await repo.close();
  return ended;
});
