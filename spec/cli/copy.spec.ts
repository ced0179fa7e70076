import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { change } from "../../lib/changeset/index.js";
import { type CopiedTenant, type CopyOptions, copyStore } from "../../lib/cli/copy/copy-store.js";
import {
  type Engine,
  instrument,
  openEngine,
  readRangeAll,
  strinc,
  transact,
} from "../../lib/engine/index.js";
import { counter, create, index, Migration, metadata } from "../../lib/migration/index.js";
import { from as queryFrom } from "../../lib/query/index.js";
import { Repo } from "../../lib/repo/index.js";
import { Field, PrimaryKey, Schema } from "../../lib/schema/index.js";
import { Sync } from "../../lib/sync/index.js";
import { Tenant } from "../../lib/tenant/index.js";
import { lateEngine } from "../../lib/testing/faults/late-engine.js";
import { bundle } from "../engine/support.js";
import { inFolder, plinth } from "./support/run.js";
import { Event, fill, migrations, Product } from "./support/shop.js";

@Schema("notes")
class Note {
  @PrimaryKey("string") declare id: string;
  @Field("integer") declare n: number;
}

class Notes extends Migration {
  change() {
    return [create(metadata(Note)), create(index(Note, ["n"])), create(counter(Note))];
  }
}

const repoOn = (engine: Engine): Repo => new Repo({ engine, storageId: "s", migrations: [[1, Notes]] });

async function copied(from: Engine, to: Engine, options: CopyOptions = {}): Promise<CopiedTenant[]> {
  const all: CopiedTenant[] = [];
  for await (const one of copyStore(from, to, options)) all.push(one);
  return all;
}

/** Two stores in memory that count as two. */
async function two(wrap: (engine: Engine) => Engine = (engine) => engine): Promise<[Engine, Engine]> {
  const [a, b] = await Promise.all([openEngine("memory:"), openEngine("memory:")]);
  return [Object.assign(wrap(a), { url: "memory:a" }), Object.assign(wrap(b), { url: "memory:b" })];
}

/** Every key of a tenant without its prefix, but those about where it lies. */
async function keysOf(engine: Engine, id: string): Promise<string[]> {
  const tenant = await Tenant.open(repoOn(engine), id);
  const rows = await transact(engine, (tx) => readRangeAll(tx, tenant.prefix, strinc(tenant.prefix)));
  return rows
    .map(
      ([key, value]) =>
        `${Buffer.from(key.subarray(tenant.prefix.length)).toString("latin1")}=${Buffer.from(value).toString("hex")}`,
    )
    .filter((row) => !row.startsWith("\x01m\0\x02version\0="));
}

test("the command copies every tenant of an embedded store, once, and says what it was", async () => {
  await inFolder(async (folder) => {
    const repo = new Repo({ url: `embedded:${join(folder, "a")}`, storageId: "shop", migrations });
    const acme = await fill(repo, "acme");
    await fill(repo, "globex", 3);
    await repo.transactional(acme, async (tx) => {
      await tx.insert(Event, { room: "a", text: "more" });
    });
    const events = await repo.all(queryFrom(Event).where({ text: "hello" }), { tenant: acme });
    await repo.close();
    const run = (...args: string[]) => plinth(["copy", ...args, "--json"], { cwd: folder });

    const missing = await run("embedded:./none", "embedded:./b");
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining("store_not_found")]);
    expect((await run("embedded:./a", "memory:")).code).toBe(2);
    expect((await run("embedded:./a")).code).toBe(2);
    const same = await run("embedded:./a", "embedded:./a");
    expect([same.code, same.stderr]).toEqual([1, expect.stringContaining("copy_refused")]);

    const first = await run("embedded:./a", "embedded:./b");
    expect([first.code, first.stderr]).toEqual([0, expect.anything()]);
    const results = first.json<CopiedTenant>();
    expect(
      results.map(({ tenant, storageId, resumed, moved }) => [storageId, tenant, resumed, moved]),
    ).toEqual(["acme", "globex"].map((id) => ["shop", id, false, false]));
    for (const { sha256, keys, bytes } of results) {
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(keys > 20 && bytes > 1000).toBe(true);
    }
    const again = await run("embedded:./a", "embedded:./b");
    expect([again.code, again.stderr, again.stdout]).toEqual([
      1,
      expect.stringMatching(/copy_refused.*not empty/),
      "",
    ]);
    expect((await run("embedded:./a", "embedded:./c", "-t", "nobody")).stderr).toContain("tenant_not_found");

    // The hash of the same content is the same, wherever it was copied from.
    const onward = await run("embedded:./b", "embedded:./c", "-t", "acme");
    expect(onward.json<CopiedTenant>()[0]!.sha256).toBe(results[0]!.sha256);

    const other = new Repo({ url: `embedded:${join(folder, "b")}`, storageId: "shop", migrations });
    const tenant = await Tenant.open(other, "acme");
    expect(await other.count(queryFrom(Product), { tenant })).toBe(2);
    expect((await other.get(Product, "p1", { tenant }))?.picture?.length).toBe(250_000);
    // What is stamped from now on sorts behind what was copied.
    const event = await other.insert(Event, { room: "a", text: "later" }, { tenant });
    expect(Buffer.compare(event.id.toBytes(), events[0]!.id.toBytes())).toBe(1);
    await other.close();
  });
});

const engines: readonly (readonly [string, (engine: Engine) => Engine])[] = [
  ["memory", (engine) => engine],
  ["late", (engine) => lateEngine(engine, { seed: 5 })],
];

test.each(engines)("a tenant that is written to is moved whole, to the last commit: %s", async (_, wrap) => {
  const [from, plain] = await two(wrap);
  const repo = repoOn(from);
  const tenant = await Tenant.openOrCreate(repo, "acme");
  await repo.insertAll(
    Note,
    Array.from({ length: 100 }, (_, n) => ({ id: `seed-${n}`, n })),
    { tenant },
  );
  await large(from, tenant, 6);
  const acknowledged: string[] = [];
  const refused: unknown[] = [];
  const writer = async (name: string): Promise<void> => {
    for (let n = 0; n < 5_000; n++) {
      try {
        await repo.transactional(tenant, async (tx) => {
          await tx.insert(Note, { id: `${name}-${n}`, n });
          if (n > 0) await tx.delete(await tx.getOrThrow(Note, `${name}-${n - 1}`));
          await tx.update(changeOf(await tx.getOrThrow(Note, `seed-${n % 100}`)));
        });
        acknowledged.push(`${name}-${n}`);
      } catch (error) {
        refused.push(error);
        return;
      }
    }
  };
  // Each of the target's first commits waits for some of the source's, so that there are some beside the copy.
  let commits = 0;
  const to = withCommit(plain, async (commit) => {
    const due = acknowledged.length + 2;
    while (commits < 6 && acknowledged.length < due) await new Promise((resolve) => setTimeout(resolve, 2));
    commits++;
    await commit();
  });
  const writers = ["x", "y", "z"].map(writer);
  const [result] = await copied(from, to, { move: true });
  await Promise.all(writers);
  expect(refused.map((error) => (error as { code: string }).code)).toEqual(Array(3).fill("tenant_moved"));
  expect(acknowledged.length > 3).toBe(true);
  expect(result!.repeated > 0).toBe(true);
  await expect(Tenant.open(repoOn(from), "acme")).rejects.toThrow(/moved to memory:b/);

  const there = repoOn(to);
  const moved = await Tenant.open(there, "acme");
  const ids = await there.all(queryFrom(Note).select("id"), { tenant: moved });
  const newest = ["x", "y", "z"].map((name) => acknowledged.findLast((id) => id.startsWith(name))!);
  expect(ids.filter((id) => !id.startsWith("seed-")).sort()).toEqual(newest.sort());
  expect(await there.count(queryFrom(Note), { tenant: moved })).toBe(103);
  expect(await there.count(queryFrom(Note).where({ n: { gte: 0 } }), { tenant: moved })).toBe(103);
  expect((await keysOf(to, "acme")).length).toBe(result!.keys);
  await Promise.all([repo.close(), there.close(), from.close(), to.close()]);
});

/** Keys of the application, each a third of what is copied at once. */
const large = (engine: Engine, tenant: Tenant, keys: number): Promise<void> =>
  transact(engine, async (tx) => {
    for (let n = 0; n < keys; n++) tx.set(tenant.pack(["large", n]), Buffer.alloc(90_000, n));
  });

/** The engine with commits that are made by `wrap`. */
const withCommit = (engine: Engine, wrap: (commit: () => Promise<void>) => Promise<void>): Engine =>
  Object.assign(Object.create(engine) as Engine, {
    url: engine.url,
    begin: (...args: Parameters<Engine["begin"]>) => {
      const tx = engine.begin(...args);
      const commit = tx.commit.bind(tx);
      tx.commit = () => wrap(commit);
      return tx;
    },
  });

const changeOf = (note: Note) => change(note, { n: note.n + 10_000 });

test("a copy that was killed: status says so, the tenant is refused, and the next run finishes it", async () => {
  await inFolder(async (folder) => {
    const [a, b] = ["a", "b"].map((name) => `embedded:${join(folder, name)}`) as [string, string];
    const repo = new Repo({ url: a, storageId: "shop", migrations });
    const acme = await fill(repo, "acme");
    await repo.insertAll(
      Product,
      Array.from({ length: 8 }, (_, n) => ({ id: `q${n}`, name: `${n}`, picture: Buffer.alloc(250_000, n) })),
      { tenant: acme },
    );
    await repo.close();
    const program = await bundle(join(import.meta.dirname, "support/copy-and-die.ts"));
    const child = spawnSync(process.execPath, [program, a, b, "3"], { encoding: "utf8" });
    expect([child.signal, child.stdout, child.stderr]).toEqual(["SIGKILL", "", ""]);

    const run = (...args: string[]) => plinth([...args, "--json"], { cwd: folder });
    const status = await run("status", "--url", b, "--storage-id", "shop");
    expect(status.json()).toEqual([
      expect.objectContaining({ tenant: "acme", import: expect.objectContaining({ from: a }) }),
    ]);
    const half = new Repo({ url: b, storageId: "shop", migrations });
    await expect(Tenant.open(half, "acme")).rejects.toMatchObject({ code: "import_unfinished" });
    await half.close();

    const next = await run("copy", a, b);
    expect(next.json<CopiedTenant>()).toMatchObject([{ tenant: "acme", resumed: true }]);
    const whole = new Repo({ url: b, storageId: "shop", migrations });
    const tenant = await Tenant.open(whole, "acme");
    expect(await whole.count(queryFrom(Product), { tenant })).toBe(10);
    await whole.close();
  });
}, 60_000);

test("without a move the source goes on, cursors of it get a snapshot, and the log goes on behind what was copied", async () => {
  const [from, to] = await two();
  const repo = repoOn(from);
  const tenant = await Tenant.openOrCreate(repo, "acme");
  await repo.insert(Note, { id: "1", n: 1 }, { tenant });
  const sync = new Sync(repo);
  const page = await sync.subscribe(tenant, { notes: sync.all(queryFrom(Note)) });
  const { cursor } = page;
  await page.close();
  await copied(from, to);
  await repo.insert(Note, { id: "2", n: 2 }, { tenant });
  expect((await keysOf(from, "acme")).length > (await keysOf(to, "acme")).length).toBe(true);

  const there = repoOn(to);
  const other = new Sync(there);
  const acme = await Tenant.open(there, "acme");
  const resumed = await other.subscribe(acme, { notes: other.all(queryFrom(Note)) }, { resume: cursor });
  const seen: string[] = [];
  for await (const transition of resumed) {
    seen.push(transition.type === "snapshot" ? transition.reason : transition.type);
    if (seen.length === 1) await there.insert(Note, { id: "3", n: 3 }, { tenant: acme });
    else break;
  }
  expect(seen).toEqual(["cursor-expired", "change"]);
  await Promise.all([sync.close(), other.close()]);
  await Promise.all([repo.close(), there.close(), from.close(), to.close()]);
});

test("a copy that breaks off leaves a tenant that says so, and the next run goes on with it", async () => {
  const [from, to] = await two();
  const repo = repoOn(from);
  const tenant = await Tenant.openOrCreate(repo, "acme");
  await repo.insert(Note, { id: "0", n: 0 }, { tenant });
  await large(from, tenant, 12);
  const controller = new AbortController();
  let progress = 0;
  const broken = copied(from, to, {
    signal: controller.signal,
    onProgress: () => {
      if (++progress === 2) controller.abort(new Error("stopped"));
    },
  });
  await expect(broken).rejects.toThrow("stopped");
  await expect(Tenant.open(repoOn(to), "acme")).rejects.toMatchObject({
    code: "import_unfinished",
    message: expect.stringContaining("copy from memory:a"),
  });
  // From another store it would be something else.
  const [other, unused] = await two();
  await Tenant.openOrCreate(repoOn(Object.assign(other, { url: "memory:other" })), "acme");
  await expect(copied(other, to)).rejects.toThrow(/half a copy from memory:a/);

  await repo.delete(await repo.getOrThrow(Note, "0", { tenant }));
  const counted = instrument(to);
  const target = {
    ...counted,
    url: to.url,
    begin: counted.begin.bind(counted),
    close: counted.close.bind(counted),
  };
  const [result] = await copied(from, target);
  expect(result).toMatchObject({ resumed: true });
  // What the first run wrote is not written again.
  expect(counted.counts.sets < 12 + 8).toBe(true);
  expect(await keysOf(to, "acme")).toEqual(await keysOf(from, "acme"));
  await Promise.all([repo.close(), other.close(), unused.close(), from.close(), to.close()]);
});

test("a target that keeps something else, and a source that is written to past every stop, are told", async () => {
  const [from, to] = await two();
  const repo = repoOn(from);
  const tenant = await Tenant.openOrCreate(repo, "acme");
  await repo.insert(Note, { id: "1", n: 1 }, { tenant });
  const lying = Object.assign(Object.create(to) as Engine, {
    url: "memory:lying",
    begin: (...args: Parameters<Engine["begin"]>) => {
      const tx = to.begin(...args);
      const set = tx.set.bind(tx);
      tx.set = (key, value) => {
        if (Buffer.from(key).includes("notes") && value.length > 8) set(key, value.subarray(1));
        else set(key, value);
      };
      return tx;
    },
  });
  await expect(copied(from, lying)).rejects.toMatchObject({
    code: "copy_refused",
    message: expect.stringContaining("reads back differently"),
  });
  // Nobody waits for the copy that failed.
  await repo.insert(Note, { id: "2", n: 2 }, { tenant });
  await Tenant.delete({ ...repoHost(to), opensUnfinished: true }, "acme");

  // Something writes to the tenant whenever the copy looks, and does not heed its stop.
  let n = 0;
  const busy = withCommit(from, async (commit) => {
    await transact(from, async (tx) => tx.set(tenant.pack(["raw"]), Buffer.from(String(n++))));
    await commit();
  });
  await expect(copied(busy, to, { stopMs: 50 })).rejects.toThrow(/past the Repo/);
  await repo.insert(Note, { id: "3", n: 3 }, { tenant });
  expect((await copied(from, to))[0]).toMatchObject({ resumed: true });
  await expect(copied(from, to, { stopMS: 1 } as CopyOptions)).rejects.toThrow(/stopMS/);
  await Promise.all([repo.close(), from.close(), to.close()]);
});

test("a stop that nobody lifts ends by its own time", async () => {
  const [from, to] = await two();
  const repo = repoOn(from);
  const tenant = await Tenant.openOrCreate(repo, "acme");
  const { stopWriters } = await import("../../lib/cli/copy/source-stop.js");
  await stopWriters(from, tenant, Date.now() + 150);
  let waited = true;
  const insert = repo.insert(Note, { id: "1", n: 1 }, { tenant }).then(() => {
    waited = Date.now() >= until;
  });
  const until = Date.now() + 100;
  await insert;
  expect(waited).toBe(true);
  await Promise.all([repo.close(), from.close(), to.close()]);
});

const repoHost = (engine: Engine) => ({
  storageId: "s",
  engine: () => Promise.resolve(engine),
  prepareTenant: () => Promise.resolve(),
});
