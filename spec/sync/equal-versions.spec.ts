import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { openEngine } from "../../lib/engine/index.js";
import {
  applyChanges,
  create,
  type Engine,
  Field,
  from,
  index,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  Sync,
  Tenant,
  type Transition,
} from "../../lib/index.js";
import { lateEngine } from "../../lib/testing/index.js";

/** A cluster gives one version to all transactions that begin between two commits. */

@Schema("rows")
class Row {
  @PrimaryKey("string") declare id: string;
  @Field("integer") declare n: number;
}

class Rows extends Migration {
  change() {
    return [create(metadata(Row)), create(index(Row, ["n"]))];
  }
}

let engine: Engine;
let repo: Repo;
let sync: Sync;
let tenant: Tenant;
beforeEach(async () => {
  engine = lateEngine(await openEngine("memory:"), { seed: 3, turns: 2 });
  repo = new Repo({ engine, storageId: "equal", migrations: [[1, Rows]] });
  tenant = await Tenant.openEmpty(repo, "a");
  sync = new Sync(repo);
  for (const n of [1, 2, 3]) await repo.insert(Row, { id: `${n}`, n }, { tenant });
});
afterEach(async () => {
  await sync.close();
  await repo.close();
  await engine.close();
});

const below = (n: number) => ({ rows: sync.all(from(Row).where({ n: { lt: n } })) });
type Any = Transition<ReturnType<typeof below>>;
const ns = (rows: readonly Row[]) => rows.map(({ n }) => n).sort();

test("steps at one version never lead back, and fold to what is shown", async () => {
  const page = await sync.subscribe(tenant, below(2));
  let folded: readonly Row[] = page.value.rows;
  let at = page.version;
  let equal = 0;
  page.on("transition", (t: Any) => {
    if (t.type === "status") return;
    expect(t.version).toBeGreaterThanOrEqual(at);
    if (t.version === at) equal++;
    if (t.type === "change") {
      expect(t.from).toBe(at);
      folded = applyChanges(folded, t.changes.rows ?? []);
    }
    at = t.version;
  });
  for (const n of [3, 4, 1, 4, 2, 3]) {
    await page.set("rows", below(n).rows);
    expect(folded).toEqual(page.value.rows);
  }
  expect(equal).toBeGreaterThan(0);
  const { version } = await repo.transactional(tenant, () => repo.insert(Row, { id: "0", n: 0 }), {
    returning: "version",
  });
  await page.until(version);
  expect(ns(folded)).toEqual([0, 1, 2]);
});

test("every cursor of a version goes on with the labels that it was given for", async () => {
  const page = await sync.subscribe(tenant, below(2));
  const cursors = new Map([[2, page.cursor]]);
  for (const n of [3, 4]) {
    await page.set("rows", below(n).rows);
    cursors.set(n, page.cursor);
  }
  expect(new Set(cursors.values()).size).toBe(3);
  await page.close();
  for (const [n, resume] of cursors) {
    const again = await sync.subscribe(tenant, below(n), { resume });
    expect((await again[Symbol.asyncIterator]().next()).value).toMatchObject({ type: "progress" });
    await again.close();
  }
  await repo.insert(Row, { id: "9", n: 1 }, { tenant });
  for (const [n, resume] of cursors) {
    const again = await sync.subscribe(tenant, below(n), { resume });
    expect((await again[Symbol.asyncIterator]().next()).value).toMatchObject({
      type: "change",
      changes: { rows: [{ op: "insert", key: "9" }] },
    });
    const other = await sync.subscribe(tenant, below(n + 1), { resume });
    expect((await other[Symbol.asyncIterator]().next()).value).toMatchObject({ reason: "params-changed" });
    for (const one of [again, other]) await one.close();
  }
});

test("a crowd that comes back at one version, in several steps, is told the same", async () => {
  const page = await sync.subscribe(tenant, below(5));
  const { cursor } = page;
  await page.close();
  await repo.insert(Row, { id: "4", n: 4 }, { tenant });
  for (let round = 0; round < 3; round++) {
    const pages = await Promise.all(
      Array.from({ length: 5 }, () => sync.subscribe(tenant, below(5), { resume: cursor })),
    );
    for (const one of pages) {
      const { value } = await one[Symbol.asyncIterator]().next();
      expect(value).toMatchObject({ type: "change", changes: { rows: [{ op: "insert", key: "4" }] } });
      expect(one.version).toBeGreaterThanOrEqual((value as { version: bigint }).version);
      await one.close();
    }
  }
});
