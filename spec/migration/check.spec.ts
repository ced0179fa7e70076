import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Engine, transact } from "../../lib/engine/index.js";
import { insertRecord, metadataOf, readCounter, sourceKeys } from "../../lib/layer/index.js";
import { checkTenant, counter, create, index, migrateTenant } from "../../lib/migration/index.js";
import { pack } from "../../lib/tuple/index.js";
import {
  keysBehind,
  openProcess,
  openStore,
  type Process,
  Session,
  session,
  sessions,
  User,
  user,
  users,
} from "../layer/support.js";
import { differences, idOf, Load, migration, randomFrom, release, seed, seedNumber } from "./support.js";

let engine: Engine;
let one: Process;
const empty = new Uint8Array(0);

beforeEach(async () => {
  engine = await openStore();
  one = await openProcess(engine);
  await seed(one, 60);
  await one.run(async (ctx) => {
    await insertRecord(ctx, users, user({ id: "big", name: "big", photo: new Uint8Array(200_000) }));
    await insertRecord(ctx, sessions, session({ id: "s", userId: "alice", state: "on" }));
  });
  const all = migration(() => [
    create(index(User, ["name"])),
    create(index(User, ["age"], { include: ["email"], where: { age: { gte: 2 } } })),
    create(index(User, ["email"], { unique: true })),
    create(counter(User)),
    create(counter(User, ["age"])),
    create(index(Session, ["state"])),
  ]);
  await migrateTenant(await release(one), one.tenant, [[1, all]]);
});
afterEach(() => engine.close());

const write = (body: (tx: Parameters<Parameters<typeof transact>[1]>[0]) => void) =>
  transact(engine, async (tx) => body(tx));
const kinds = (report: Awaited<ReturnType<typeof checkTenant>>) =>
  report.problems.map((p) => [p.kind, p.index, p.repaired]).sort();

describe("a check", () => {
  test("finds nothing in a sound tenant, with or without schemas, in small steps too", async () => {
    const host = await release(one);
    for (const options of [{}, { schemas: [User, Session] }, { stepBytes: 500 }]) {
      const report = await checkTenant(host, one.tenant, options);
      expect(report.problems).toEqual([]);
      expect([report.rows, report.sources]).toEqual([62, ["sessions", "users"]]);
      expect(report.entries).toBeGreaterThan(62 * 2);
    }
  });

  test("finds what was planted, repairs what can be, and then finds only what cannot", async () => {
    const keys = sourceKeys(one.tenant, "users");
    const byName = keys.named("index", "users_name_index");
    const byAge = keys.named("index", "users_age_index");
    const byEmail = keys.named("unique", "users_email_index");
    await write((tx) => {
      tx.clear(pack(["name1", idOf(1)], byName));
      tx.set(pack(["nobody", "ghost"], byName), empty);
      tx.set(pack(["wrong", idOf(2)], byName), empty);
      tx.set(pack([3, idOf(3)], byAge), Buffer.of(1, 0xa0));
      tx.set(pack(["free@x"], byEmail), pack([idOf(4)]));
      tx.clear(pack(["5@x"], byEmail));
      tx.atomic(2, keys.named("counter", "users_counter"), Buffer.from([5, 0, 0, 0, 0, 0, 0, 0]));
      tx.clear(pack([3], keys.named("counter", "users_age_counter")));
      tx.set(pack([idOf(6), 0], keys.data), Buffer.from([3, 0, 0, 0, 0, 1]));
    });
    const host = await release(one);
    const expected = [
      ["missing-entry", "users_email_index"],
      ["missing-entry", "users_name_index"],
      ["orphan-chunk", null],
      ["orphan-entry", "users_email_index"],
      ["orphan-entry", "users_name_index"],
      ["orphan-entry", "users_name_index"],
      ["wrong-count", "users_age_counter"],
      ["wrong-count", "users_counter"],
      ["wrong-entry", "users_age_index"],
    ];
    expect(kinds(await checkTenant(host, one.tenant))).toEqual(expected.map((one) => [...one, false]));
    expect(kinds(await checkTenant(host, one.tenant, { repair: true }))).toEqual(
      expected.map((one) => [...one, true]),
    );
    expect((await checkTenant(host, one.tenant)).problems).toEqual([]);
    expect(await differences(one, users, "users_name_index")).toEqual([]);
    expect(await differences(one, users, "users_age_counter")).toEqual([]);
  });

  test("names a record whose chunks are damaged, and goes on behind it", async () => {
    const chunks = (await keysBehind(one, sourceKeys(one.tenant, "users").data)).filter(
      ([, value]) => value[0] === 3,
    );
    await write((tx) => tx.clear(chunks[0]![0]));
    const report = await checkTenant(await release(one), one.tenant, { repair: true });
    expect(report.problems).toMatchObject([
      { kind: "damaged-record", source: "users", record: ["big"], repaired: false },
    ]);
    expect(report.rows).toBe(62);
  });

  test("raises no false alarm while writers are at work, however it counts", async () => {
    for (const countMs of [10_000, -1]) {
      const load = new Load(
        await Promise.all([openProcess(engine), openProcess(engine)]),
        60,
        randomFrom(seedNumber),
      );
      await new Promise((resolve) => setTimeout(resolve, 10));
      const report = await checkTenant(await release(one), one.tenant, { stepBytes: 800, countMs });
      await load.stop();
      expect(report.problems).toEqual([]);
      expect(report.counters).toBeGreaterThan(1);
    }
  });

  test("counts a source that is too large for one transaction beside its counters, and leaves nothing behind", async () => {
    await write((tx) =>
      tx.atomic(
        2,
        sourceKeys(one.tenant, "users").named("counter", "users_counter"),
        Buffer.from([5, 0, 0, 0, 0, 0, 0, 0]),
      ),
    );
    const report = await checkTenant(await release(one), one.tenant, { countMs: -1, repair: true });
    expect(kinds(report)).toEqual([["wrong-count", "users_counter", true]]);
    const { indexes } = await one.run((ctx) => metadataOf(ctx, "users"));
    expect(indexes.map((i) => i.name).filter((name) => name.includes("check"))).toEqual([]);
    const all = indexes.find((i) => i.name === "users_counter")!;
    expect(await one.run((ctx) => readCounter(ctx, all))).toBe(61);
  });

  test("a unique value and a chunk of a record whose key goes on where another one ends stay that record's", async () => {
    const longer = `${idOf(7)}\0`;
    const keys = sourceKeys(one.tenant, "users");
    const email = pack(["7@x"], keys.named("unique", "users_email_index"));
    const chunk = pack(["big\0", 0], keys.data);
    await one.run((ctx) => insertRecord(ctx, users, user({ id: longer, name: "longer", email: "free@x" })));
    await write((tx) => {
      tx.set(email, pack([longer]));
      tx.set(chunk, Buffer.from([3, 0, 0, 0, 0, 1]));
    });
    const report = await checkTenant(await release(one), one.tenant, { repair: true });
    expect(report.problems).toMatchObject([
      { kind: "orphan-chunk", repaired: true },
      { kind: "wrong-entry", record: [idOf(7)], repaired: false },
      { kind: "orphan-entry", record: [longer], repaired: true },
    ]);
  });
});
