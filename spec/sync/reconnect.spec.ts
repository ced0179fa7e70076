import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { openEngine } from "../../lib/engine/index.js";
import {
  change,
  create,
  type Engine,
  EngineError,
  Field,
  from,
  index,
  type Live,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  Sync,
  type SyncCursor,
  Tenant,
  type Transition,
} from "../../lib/index.js";
import { LayerReader } from "../../lib/sync/log/layer-reader.js";
import { RowDelta } from "../../lib/sync/log/row-delta.js";

/** Readers who come back together: 1,000 take half a minute on a machine that does other things too. */
const crowdSize = Number(process.env.PLINTH_READERS ?? 200);

/** After a deployment all readers come back at once, each with a cursor. */

@Schema("docs")
class Doc {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare owner: string | null;
  @Field("integer") declare rank: number;
}

class Docs extends Migration {
  change() {
    return [create(metadata(Doc)), create(index(Doc, ["rank"]))];
  }
}

let engine: Engine;
let repo: Repo;
let sync: Sync;
let tenant: Tenant;
beforeEach(async () => {
  engine = await openEngine("memory:");
  repo = new Repo({ engine, storageId: "storm", migrations: [[1, Docs]] });
  sync = new Sync(repo);
  tenant = await Tenant.openEmpty(repo, "a");
});
afterEach(async () => {
  jest.restoreAllMocks();
  await sync.close();
  await repo.close();
  await engine.close();
});

type Queries = Record<string, Live<unknown, unknown>>;

const same = (id: string) => sync.one(Doc, id);

/** @param make the function of `each`: one for all, or another one for each request, as a handler has it */
const queries = (make: (id: string) => Live<unknown, unknown> = same): Queries => ({
  top: sync.all(from(Doc).orderBy("rank").limit(20)),
  all: sync.all(Doc),
  each: sync.each(sync.all(from(Doc).orderBy("rank").limit(5).select("id")), make),
  count: sync.count(from(Doc).where({ rank: { lt: 50 } })),
});

async function fill(rows: number): Promise<void> {
  await repo.insertAll(
    Doc,
    Array.from({ length: rows }, (_, i) => ({ id: `d${i}`, owner: "x", rank: i })),
    { tenant },
  );
}

/** Every row changes, so the log holds an entry for each. */
const touch = (owner: string) =>
  repo.transactional(tenant, async () => {
    for (const row of await repo.all(Doc)) await repo.update(change(row, { owner }));
  });

async function cursorOf(of: Queries): Promise<SyncCursor> {
  await using page = await sync.subscribe(tenant, of);
  return page.cursor;
}

const firstOf = async (resume: SyncCursor, of: Queries = queries()) => {
  const page = await sync.subscribe(tenant, of, { resume });
  return { page, first: (await page[Symbol.asyncIterator]().next()).value as Transition<Queries> };
};

const changesOf = (transition: Transition<Queries>) => transition.type === "change" && transition.changes;

/** Counts what resumes read of logs, and how many entries are decoded for them. */
function counting() {
  const counts = { logs: 0, decoded: 0 };
  const log = LayerReader.prototype.log;
  jest.spyOn(LayerReader.prototype, "log").mockImplementation(function (this: LayerReader, ...args) {
    if (args[2]?.limit !== undefined) counts.logs++;
    return log.apply(this, args);
  });
  const add = RowDelta.prototype.add;
  jest.spyOn(RowDelta.prototype, "add").mockImplementation(function (this: RowDelta, entry) {
    counts.decoded++;
    return add.call(this, entry);
  });
  return counts;
}

test("resumes that differ in their functions alone read and decode the log once", async () => {
  await fill(60);
  const own = () => queries((id) => sync.one(Doc, id));
  const cursor = await cursorOf(own());
  await touch("y");
  const live = await sync.subscribe(tenant, own());
  const one = counting();
  const { page, first } = await firstOf(cursor, own());
  const work = { ...one };
  jest.restoreAllMocks();
  const crowd = counting();
  const all = await Promise.all(Array.from({ length: 30 }, () => firstOf(cursor, own())));
  expect(crowd).toEqual(work);
  for (const each of all) expect(changesOf(each.first)).toEqual(changesOf(first));
  for (const each of [page, live, ...all.map((one) => one.page)]) await each.close();
});

test("many equal resumes do the work of one, and are told one and the same transition", async () => {
  await fill(60);
  const cursor = await cursorOf(queries());
  await touch("y");
  // Somebody shows it already, so that the tick of the crowd has nothing to do but to let them in.
  const live = await sync.subscribe(tenant, queries());
  const one = counting();
  const { page, first } = await firstOf(cursor);
  expect(first.type).toBe("change");
  const work = { ...one };
  expect(work.decoded).toBeGreaterThanOrEqual(60);
  jest.restoreAllMocks();
  const crowd = counting();
  const { ticks } = sync.inspect();
  const all = await Promise.all(Array.from({ length: crowdSize }, () => firstOf(cursor)));
  expect(crowd).toEqual(work);
  expect(sync.inspect().ticks - ticks).toBeLessThanOrEqual(2);
  expect(new Set(all.map((each) => each.first)).size).toBe(1);
  expect(changesOf(all[0]!.first)).toEqual(changesOf(first));
  for (const each of [page, live, ...all.map((one) => one.page)]) await each.close();
});

test("live subscribers are told while a resume works through a long log, in pieces", async () => {
  await fill(400);
  const cursor = await cursorOf(queries());
  for (const owner of ["v", "w", "y", "z"]) await touch(owner);
  const live = await sync.subscribe(tenant, { mine: sync.all(from(Doc).where({ rank: { gte: 10_000 } })) });
  let resumed = false;
  const resuming = firstOf(cursor).then((result) => {
    resumed = true;
    return result;
  });
  // Turns of the event loop that others get meanwhile, and commits of theirs that are told.
  let turns = 0;
  let told = 0;
  const turning = (async () => {
    while (!resumed) {
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
    }
  })();
  for (let i = 0; !resumed && i < 200; i++) {
    const { version } = await repo.transactional(
      tenant,
      () => repo.insert(Doc, { id: `live${i}`, owner: null, rank: 10_000 + i }),
      { returning: "version" },
    );
    await live.until(version);
    if (!resumed) told++;
  }
  const { page, first } = await resuming;
  await turning;
  expect(first.type).toBe("change");
  // 1,600 entries in pieces of 8 ms.
  expect(turns).toBeGreaterThan(3);
  expect(told).toBeGreaterThan(0);
  const { version } = await repo.transactional(
    tenant,
    () => repo.insert(Doc, { id: "last", owner: null, rank: 1 }),
    { returning: "version" },
  );
  await page.until(version);
  expect((page.value as { all: unknown[] }).all).toEqual(await repo.all(Doc, { tenant }));
});

test("what happens while a resume is worked out is a part of its first transition, and nothing is missing behind it", async () => {
  await fill(100);
  const cursor = await cursorOf(queries());
  const held = new Map((await repo.all(Doc, { tenant })).map((row) => [row.id, row]));
  await touch("y");
  const writes = (async () => {
    for (let i = 0; i < 30; i++) await repo.insert(Doc, { id: `w${i}`, owner: "w", rank: i }, { tenant });
  })();
  const pages = await Promise.all(
    Array.from({ length: 10 }, () => sync.subscribe(tenant, queries(), { resume: cursor })),
  );
  await writes;
  const { version } = await repo.transactional(
    tenant,
    () => repo.insert(Doc, { id: "end", owner: null, rank: 9 }),
    {
      returning: "version",
    },
  );
  for (const page of pages) {
    await page.until(version);
    const rows = new Map(held);
    let at: bigint | undefined;
    for await (const t of page) {
      if (t.type === "status") continue;
      if (t.type !== "change") {
        expect(t.type).toBe("progress");
        at = t.version;
        if (at >= version) break;
        continue;
      }
      if (at !== undefined) expect(t.from).toBe(at);
      at = t.version;
      for (const one of t.changes.all ?? []) {
        if (one.op === "delete") rows.delete(String(one.key));
        else rows.set(String(one.key), one.row as Doc);
      }
      if (at >= version) break;
    }
    expect([...rows.keys()].sort()).toEqual((await repo.all(Doc, { tenant })).map(({ id }) => id).sort());
  }
});

test("a moment that is too old to be read by now is taken anew; when that goes on, a snapshot is quicker", async () => {
  await fill(10);
  const cursor = await cursorOf(queries());
  await touch("y");
  const log = LayerReader.prototype.log;
  let failures = 2;
  jest.spyOn(LayerReader.prototype, "log").mockImplementation(function (this: LayerReader, ...args) {
    if (args[2]?.limit === undefined || failures-- <= 0) return log.apply(this, args);
    return Promise.reject(new EngineError(1007, "too old"));
  });
  const { page, first } = await firstOf(cursor);
  expect(first).toMatchObject({ type: "change" });
  await page.close();
  failures = 1_000;
  const given = await firstOf(cursor);
  expect(given.first).toMatchObject({ type: "snapshot", reason: "overflow" });
  expect(given.page.state).toBe("live");
});

test("a subscription that is closed, or whose signal is aborted, while its past is worked out ends at once", async () => {
  await fill(100);
  const cursor = await cursorOf(queries());
  await touch("y");
  const control = new AbortController();
  const opening = sync.subscribe(tenant, queries(), { resume: cursor, signal: control.signal });
  setImmediate(() => control.abort(new Error("gone")));
  await opening.then(
    (page) => expect(page.state).toBe("closed"),
    (error: Error) => expect(error.message).toBe("gone"),
  );
  expect(sync.inspect()).toMatchObject({ subscriptions: 0, watches: 0 });
});
