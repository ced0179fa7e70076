import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { change, Field, from, PrimaryKey, Repo, Schema, Sync, Tenant } from "plinth";
import { transact } from "../../lib/engine/index.js";
import { internals } from "../../lib/repo/index.js";
import { trimLogs } from "../../lib/sync/log/log-trimmer.js";
import { DeadJob, Job, Jobs, WaitingJob } from "../../samples/jobs/job.js";
import { enqueue, revive, type WorkOptions, wake, work } from "../../samples/jobs/queue.js";
import { Article, Search, Word } from "../../samples/worker/article.js";
import { keepSearchable, search } from "../../samples/worker/search.js";
import { wordsOf } from "../../samples/worker/words.js";

/** What a handler leaves behind. */
@Schema("effects")
class Effect {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare text: string;
}

let repo: Repo;
let tenant: Tenant;
let sync: Sync;
let stop: AbortController;

const open = async (migration: typeof Jobs | typeof Search) => {
  repo = new Repo({ url: "memory:", storageId: "services", migrations: [[1, migration]] });
  tenant = await Tenant.openOrCreate(repo, "t");
  sync = new Sync(repo);
  stop = new AbortController();
};
afterEach(async () => {
  await sync.close();
  await repo.close();
});

async function eventually(check: () => Promise<boolean>): Promise<void> {
  for (let waits = 0; !(await check()); waits++) {
    if (waits > 2_000) throw new Error("It never came.");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe("jobs", () => {
  let time: number;
  let texts: string[];
  const handlers: WorkOptions["handlers"] = {
    note: async (payload, tx, { attempt }) => {
      texts.push(`${payload}`);
      await tx.insert(Effect, { text: `${payload}, attempt ${attempt}` });
      if (String(payload).startsWith("bad")) throw new Error(`no ${payload}`);
      if (payload === "late" && attempt < 3) throw new Error("not yet");
    },
  };
  const start = () =>
    work(sync, tenant, { handlers, attempts: 3, backoffMs: 1_000, now: () => time, signal: stop.signal });
  const effects = async () =>
    (await repo.all(from(Effect).scan(), { tenant })).map(({ text }) => text).sort();
  const count = async (schema: typeof Job | typeof WaitingJob | typeof DeadJob) =>
    (await repo.all(from(schema as typeof Job), { tenant })).length;
  const queue = (...payloads: string[]) =>
    repo.transactional(tenant, async () => {
      for (const payload of payloads) await enqueue(repo, "note", payload);
    });

  beforeEach(async () => {
    await open(Jobs);
    [time, texts] = [1_000_000, []];
  });

  test("are carried out in the order of their commits, and leave the queue with their effects", async () => {
    await queue("a", "b");
    await queue("c");
    void start();
    await eventually(async () => (await count(Job)) === 0);
    expect(texts).toEqual(["a", "b", "c"]);
    expect(await effects()).toEqual(["a, attempt 1", "b, attempt 1", "c, attempt 1"]);
  });

  test("are not there when the transaction that queued them fails", async () => {
    const failed = repo.transactional(tenant, async () => {
      await enqueue(repo, "note", "never");
      throw new Error("changed my mind");
    });
    await expect(failed).rejects.toThrow("changed my mind");
    expect(await count(Job)).toBe(0);
  });

  test("that fail leave nothing behind, wait twice as long each time, and hold up nobody", async () => {
    await queue("late", "after");
    void start();
    await eventually(async () => (await count(WaitingJob)) === 1);
    expect(await effects()).toEqual(["after, attempt 1"]);
    const [waiting] = await repo.all(WaitingJob, { tenant });
    expect(waiting).toMatchObject({ attempts: 1, error: "Error: not yet", dueAt: new Date(time + 1_000) });
    expect(await wake(repo, tenant, time + 999)).toBe(0);
    time += 1_000;
    // Whoever wakes beside it moves nothing twice.
    expect((await Promise.all([wake(repo, tenant, time), wake(repo, tenant, time)])).sort()).toEqual([0, 1]);
    await eventually(async () => (await repo.all(WaitingJob, { tenant }))[0]?.attempts === 2);
    expect((await repo.all(WaitingJob, { tenant }))[0]).toMatchObject({ dueAt: new Date(time + 2_000) });
    await wake(repo, tenant, time + 2_000);
    await eventually(async () => (await effects()).length === 2);
    expect(await effects()).toEqual(["after, attempt 1", "late, attempt 3"]);
    expect([await count(Job), await count(WaitingJob), await count(DeadJob)]).toEqual([0, 0, 0]);
  });

  test("that fail too often are dead letters with their error, and can be queued again", async () => {
    await queue("bad");
    await repo.transactional(tenant, () => enqueue(repo, "constructor", null));
    void start();
    for (let at = 1; at < 3; at++) {
      await eventually(
        async () => (await repo.all(WaitingJob, { tenant })).filter((j) => j.attempts === at).length === 2,
      );
      expect(await wake(repo, tenant, time + 10_000)).toBe(2);
    }
    await eventually(async () => (await count(DeadJob)) === 2);
    const dead = await repo.all(DeadJob, { tenant });
    expect(dead.map(({ error }) => error).sort()).toEqual([
      'Error: Nothing carries out jobs of the kind "constructor".',
      "Error: no bad",
    ]);
    expect([await effects(), texts.length]).toEqual([[], 3]);
    const { ref } = dead.find(({ kind }) => kind === "note")!;
    await revive(repo, tenant, ref);
    await eventually(async () => texts.length === 4);
    await expect(revive(repo, tenant, ref)).rejects.toMatchObject({ code: "no_results" });
  });

  test("go on with the next worker, each once", async () => {
    await queue("one");
    const first = start();
    await eventually(async () => (await count(Job)) === 0);
    stop.abort();
    await first;
    await queue("two");
    stop = new AbortController();
    void start();
    await eventually(async () => (await count(Job)) === 0);
    expect(texts).toEqual(["one", "two"]);
  });
});

describe("the worker", () => {
  beforeEach(() => open(Search));
  const titles = async (text: string) => (await search(repo, tenant, text)).map(({ title }) => title);
  /** The search table says what the articles say, no more and no less. */
  const isExact = async () => {
    const articles = await repo.all(Article, { tenant });
    const wanted = articles.flatMap(({ id, title, body }) =>
      [...wordsOf(`${title} ${body}`)].map((word) => `${word} ${id}`),
    );
    const there = (await repo.all(from(Word).scan(), { tenant })).map(
      ({ word, articleId }) => `${word} ${articleId}`,
    );
    return JSON.stringify(wanted.sort()) === JSON.stringify(there.sort());
  };

  test("finds what was there before it, what comes, what changes, and no longer what goes", async () => {
    const lamp = await repo.insert(Article, { title: "Lamps", body: "They glow in fog." }, { tenant });
    void keepSearchable(sync, tenant, stop.signal);
    await eventually(isExact);
    expect(await titles("glow lamp")).toEqual(["Lamps"]);
    await repo.insert(Article, { title: "Café", body: "Fog, seen from a LAMP post." }, { tenant });
    await eventually(isExact);
    expect(await titles("lamp")).toEqual(["Café", "Lamps"]);
    expect(await titles("cafe")).toEqual(["Café"]);
    expect([await titles("lamp fog"), await titles("glow cafe"), await titles("")]).toEqual([
      ["Café"],
      [],
      [],
    ]);
    await repo.update(change(lamp, { body: "They shine." }));
    await eventually(isExact);
    expect([await titles("glow"), await titles("shin")]).toEqual([[], ["Lamps"]]);
    await repo.delete(lamp);
    await eventually(isExact);
    expect(await titles("shine")).toEqual([]);
  });

  test("goes on where it was stopped, and catches up", async () => {
    const first = keepSearchable(sync, tenant, stop.signal);
    await repo.insert(Article, { title: "One", body: "first" }, { tenant });
    await eventually(isExact);
    stop.abort();
    await first;
    const two = await repo.insert(Article, { title: "Two", body: "x ".repeat(3_000) }, { tenant });
    await repo.update(change(two, { title: "Second" }));
    await repo.delete(
      await repo.getOrThrow(Article, (await repo.all(Article, { tenant }))[0]!.id, { tenant }),
    );
    expect(await isExact()).toBe(false);
    void keepSearchable(sync, tenant);
    await eventually(isExact);
  });

  test("whose log was trimmed while it was away writes what is there, and forgets what is gone", async () => {
    const first = keepSearchable(sync, tenant, stop.signal);
    const article = (title: string) => repo.insert(Article, { title, body: `about ${title}` }, { tenant });
    const [kept, changed, gone] = [await article("Kept"), await article("Changed"), await article("Gone")];
    await eventually(isExact);
    stop.abort();
    await first;
    await repo.update(change(changed, { body: "rewritten" }));
    await repo.delete(gone);
    await article("New");
    const engine = await internals(repo).engine();
    await transact(engine, async (tx) => trimLogs(tx, tenant, await tx.getReadVersion()));
    const wordsOfGone = () => repo.all(from(Word).where({ articleId: gone.id }), { tenant });
    expect((await wordsOfGone()).length).toBe(2);
    void keepSearchable(sync, tenant);
    await eventually(isExact);
    expect([await titles("about"), await titles("gone"), await titles("rewritten")]).toEqual([
      ["Kept", "New"],
      [],
      ["Changed"],
    ]);
    expect([await wordsOfGone(), await titles(kept.title)]).toEqual([[], ["Kept"]]);
  });
});
