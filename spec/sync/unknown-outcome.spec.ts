import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Engine, openEngine, transact } from "../../lib/engine/index.js";
import {
  change,
  create,
  Field,
  index,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  Sync,
  Tenant,
} from "../../lib/index.js";
import { readLog } from "../../lib/layer/index.js";
import { failing } from "../laws/support.js";

@Schema("readings")
class Reading {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare sensor: string | null;
  @Field("binary") declare data: Uint8Array | null;
}

class Readings extends Migration {
  change() {
    return [create(metadata(Reading)), create(index(Reading, ["sensor"]))];
  }
}

const options = { storageId: "spec", migrations: [[1, Readings]] } as const;
let engine: Engine;
let repo: Repo;
let sync: Sync;
let tenant: Tenant;
beforeEach(async () => {
  engine = await openEngine("memory:");
  repo = new Repo({ ...options, engine });
  sync = new Sync(repo);
  tenant = await Tenant.openEmpty(repo, "a");
});
afterEach(async () => {
  await sync.close();
  await repo.close();
  await engine.close();
});

/** A process that loses the answers of its first commits, which took place or did not. */
async function losing(...happened: readonly boolean[]): Promise<{ repo: Repo; tenant: Tenant }> {
  let on = false;
  let lost = 0;
  const unsure = failing(engine, (call) =>
    on && call === "commit" && lost < happened.length ? { code: 1021, after: happened[lost++]! } : undefined,
  );
  const other = new Repo({ ...options, engine: unsure, transaction: { maxRetryDelayMs: 1 } });
  const opened = await Tenant.open(other, "a");
  on = true;
  return { repo: other, tenant: opened };
}

const entries = () =>
  transact(engine, async (tx) =>
    (await readLog(tx, tenant, "readings", { after: 0n })).entries.map(
      ({ op, pk }) => `${op} ${String(pk[0])}`,
    ),
  );
const blind = { conflictTarget: [] } as const;

describe("a commit whose answer was lost leaves one entry in the log", () => {
  test.each([
    ["that happened", [true]],
    ["that did not", [false]],
    ["that happened at last", [false, true]],
    ["that happened, and another", [true, true]],
  ])("of a blind insert %s", async (_, happened) => {
    const other = await losing(...happened);
    await other.repo.insert(Reading, { id: "r", sensor: "s" }, { ...blind, tenant: other.tenant });
    expect(await entries()).toEqual(["insert r"]);
    expect(await repo.get(Reading, "r", { tenant })).toMatchObject({ sensor: "s" });
    await other.repo.close();
  });

  test("also of a record in chunks", async () => {
    const other = await losing(true);
    const data = new Uint8Array(200_000).fill(7);
    await other.repo.insert(Reading, { id: "r", data }, { ...blind, tenant: other.tenant });
    expect(await entries()).toEqual(["insert r"]);
    await other.repo.close();
  });

  test("of updates and deletes", async () => {
    const row = await repo.insert(Reading, { id: "r", sensor: "s" }, { tenant });
    const other = await losing(true, true, true);
    const stored = await other.repo.getOrThrow(Reading, row.id, { tenant: other.tenant });
    await other.repo.update(change(stored, { sensor: "t" }));
    expect(await entries()).toEqual(["insert r", "update r"]);
    await other.repo.close();
  });
});

test("subscriptions, resumed ones and consumers are told once", async () => {
  const queries = {
    all: sync.all(Reading),
    n: sync.count(Reading),
    inserts: sync.signal(Reading, "inserts"),
  };
  const page = await sync.subscribe(tenant, queries);
  const before = page.cursor;
  const other = await losing(true);
  await other.repo.insert(Reading, { id: "r", sensor: "s" }, { ...blind, tenant: other.tenant });
  const version = await transact(engine, (tx) => tx.getReadVersion());
  await page.until(version);
  expect(page.value).toMatchObject({ all: [{ id: "r" }], n: 1, inserts: 1 });
  const resumed = await sync.subscribe(tenant, queries, { resume: before });
  const { value: first } = await resumed[Symbol.asyncIterator]().next();
  expect(first).toMatchObject({ changes: { all: [{ op: "insert" }], n: [{ before: 0, row: 1 }] } });
  const stop = new AbortController();
  const told: string[] = [];
  await sync.consume(
    tenant,
    "once",
    { all: sync.all(Reading) },
    (batch) => {
      told.push(...batch.changes.all.map(({ op, key }) => `${op} ${String(key)}`));
      stop.abort();
    },
    { signal: stop.signal },
  );
  expect(told).toEqual(["insert r"]);
  await other.repo.close();
});
