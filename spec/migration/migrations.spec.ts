import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Engine, transact } from "../../lib/engine/index.js";
import {
  deleteRecord,
  insertRecord,
  metadataOf,
  metaKeys,
  readLog,
  registerIndexer,
  sourceKeys,
} from "../../lib/layer/index.js";
import {
  counter,
  create,
  drop,
  index,
  Migration,
  type MigrationList,
  Migrator,
  metadata,
  migrateTenant,
  readApplied,
} from "../../lib/migration/index.js";
import { Tenant } from "../../lib/tenant/index.js";
import { pack } from "../../lib/tuple/index.js";
import {
  Host,
  Item,
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
import {
  differences,
  idOf,
  indexNamed,
  Load,
  migration,
  randomFrom,
  release,
  seed,
  seedNumber,
} from "./support.js";

let engine: Engine;
let one: Process;

beforeEach(async () => {
  engine = await openStore();
  one = await openProcess(engine);
});
afterEach(() => engine.close());

const byName = migration(() => [create(index(User, ["name"]))]);
const byAge = migration(() => [create(index(User, ["age"]))]);
const tracked = migration(() => [create(metadata(User)), create(metadata(User, ["age"]))]);
const small = { stepBytes: 20_000, staleClaimMs: 300 };

const up = async (list: MigrationList, process = one) => {
  const next = await release(process);
  return Migrator.up(next, next.tenant, list, small);
};
const applied = () =>
  transact(engine, async (tx) => (await readApplied(tx, one.tenant)).map((a) => a.version));

describe("a list of migrations", () => {
  test("is applied in order, each version once, and recorded one by one", async () => {
    expect(
      await up([
        [2, byAge],
        [1, byName],
      ]),
    ).toEqual([1, 2]);
    expect(
      await up([
        [1, byName],
        [2, byAge],
        [3, tracked],
      ]),
    ).toEqual([3]);
    expect(await applied()).toEqual([1, 2, 3]);
  });

  test("with a hole, as a merged branch leaves it, is refused; where it is allowed, the hole is filled", async () => {
    await seed(one, 20);
    await up([
      [1, byName],
      [3, tracked],
    ]);
    const merged: MigrationList = [
      [1, byName],
      [2, byAge],
      [3, tracked],
    ];
    await expect(up(merged)).rejects.toMatchObject({ code: "migration_mismatch" });
    expect(await applied()).toEqual([1, 3]);
    const next = await release(one);
    expect(await Migrator.up(next, next.tenant, merged, { allow: ["hole"] })).toEqual([2]);
    expect(await applied()).toEqual([1, 2, 3]);
    expect(await differences(one, users, "users_age_index")).toEqual([]);
  });

  test("that is shorter than what the tenant has is complete", async () => {
    await up([
      [1, byName],
      [2, byAge],
    ]);
    expect(await up([[1, byName]])).toEqual([]);
  });

  test("is refused with a version twice, a version that is no number, a class that is no migration", async () => {
    await expect(
      up([
        [1, byName],
        [1, byAge],
      ]),
    ).rejects.toMatchObject({ code: "migration_failed" });
    await expect(up([[1.5, byName]])).rejects.toMatchObject({ code: "migration_failed" });
    await expect(up([[1, Object as unknown as typeof byName]])).rejects.toMatchObject({
      code: "migration_failed",
    });
    class Broken extends Migration {
      change(): never {
        return undefined as never;
      }
    }
    await expect(up([[1, Broken]])).rejects.toMatchObject({ code: "migration_failed" });
    expect(await applied()).toEqual([]);
  });
});

describe("an empty tenant", () => {
  test("takes one transaction for any number of commands; a known complete tenant takes none", async () => {
    const host = await release(one);
    let begun = 0;
    const counted = Object.create(engine) as Engine;
    counted.begin = (options) => {
      begun++;
      return engine.begin(options);
    };
    const counting = { metadata: host.metadata, engine: async () => counted };
    const list: MigrationList = [
      [1, byName],
      [2, byAge],
      [3, tracked],
      [4, migration(() => [create(counter(User))])],
    ];
    expect(await migrateTenant(counting, one.tenant, list)).toEqual([1, 2, 3, 4]);
    expect(begun).toBe(1);
    await migrateTenant(counting, one.tenant, list);
    expect(begun).toBe(1);
  });

  test("and a record inserted meanwhile: the index has it, whoever commits first", async () => {
    for (let round = 0; round < 10; round++) {
      const process = await openProcess(engine, `t${round}`);
      const writer = await openProcess(engine, `t${round}`);
      await Promise.all([
        up([[1, byName]], process),
        ...[0, 1, 2].map((n) =>
          writer.run((ctx) => insertRecord(ctx, users, user({ id: idOf(n), name: "x" }))),
        ),
      ]);
      expect(await differences(process, users, "users_name_index")).toEqual([]);
    }
  });
});

describe("commands", () => {
  test("a source with records gets indexes, counters and change tracking", async () => {
    await seed(one, 300);
    await one.run((ctx) => insertRecord(ctx, sessions, session({ id: "s", userId: "alice", state: "on" })));
    await up([
      [
        1,
        migration(() => [
          create(index(User, ["name", "age"])),
          create(index(User, ["email"], { unique: true })),
          create(index(User, ["age"], { include: ["email"], where: { age: { gte: 3 } }, name: "older" })),
          create(counter(User, ["age"])),
          create(metadata(User, ["age"])),
          create(index(Session, ["state"])),
        ]),
      ],
    ]);
    for (const name of ["users_name_age_index", "users_email_index", "users_age_counter"]) {
      expect([name, await differences(one, users, name)]).toEqual([name, []]);
    }
    expect(await differences(one, sessions, "sessions_state_index")).toEqual([]);
    const older = await keysBehind(one, sourceKeys(one.tenant, "users").named("index", "older"));
    expect(older).toHaveLength([...Array(300).keys()].filter((n) => n % 7 >= 3).length);
    const info = await one.run((ctx) => metadataOf(ctx, "users"));
    expect([info.logged, info.groups]).toEqual([true, [["age"]]]);
  });

  test("drop removes registration and keys; the log goes with the last metadata", async () => {
    await seed(one, 50);
    await up([
      [1, byName],
      [2, tracked],
      [3, migration(() => [create(counter(User))])],
    ]);
    await one.run((ctx) => deleteRecord(ctx, users, [idOf(1)]));
    await up([
      [
        4,
        migration(() => [
          drop(index(User, ["name"])),
          drop(metadata(User)),
          drop(metadata(User, ["age"])),
          drop(counter(User)),
        ]),
      ],
    ]);
    expect((await one.run((ctx) => metadataOf(ctx, "users"))).indexes).toEqual([]);
    const keys = sourceKeys(one.tenant, "users");
    for (const prefix of [
      keys.named("index", "users_name_index"),
      keys.log,
      keys.head,
      keys.named("counter", "users_counter"),
    ]) {
      expect(await keysBehind(one, prefix)).toEqual([]);
    }
  });

  test("a log that was dropped and begun again does not serve older cursors", async () => {
    await up([[1, tracked]]);
    await one.run((ctx) => insertRecord(ctx, users, user({ id: "a" })));
    const cursor = await transact(engine, (tx) => tx.getReadVersion());
    await up([[2, migration(() => [drop(metadata(User)), drop(metadata(User, ["age"]))])]]);
    await one.run((ctx) => insertRecord(ctx, users, user({ id: "lost" })));
    await up([[3, tracked]]);
    const { expired } = await transact(engine, (tx) => readLog(tx, one.tenant, "users", { after: cursor }));
    expect(expired).toBe(true);
  });

  test("an index is replaced by another of its name within one migration", async () => {
    await seed(one, 100);
    await up([[1, migration(() => [create(index(User, ["email"]))])]]);
    const replace = migration(() => [
      drop(index(User, ["email"])),
      create(index(User, ["email"], { unique: true })),
    ]);
    expect(await up([[2, replace]])).toEqual([2]);
    expect((await indexNamed(one, users, "users_email_index"))?.unique).toBe(true);
    expect(await differences(one, users, "users_email_index")).toEqual([]);
    expect(
      await keysBehind(one, sourceKeys(one.tenant, "users").named("index", "users_email_index")),
    ).toEqual([]);
  });

  test("a name that belongs to another index is refused, and nothing is changed", async () => {
    for (const rows of [0, 10]) {
      await seed(one, rows);
      await up([[1, migration(() => [create(index(User, ["name"]))])]]);
      const other = migration(() => [create(index(User, ["age"], { name: "users_name_index" }))]);
      await expect(up([[2, other]])).rejects.toMatchObject({ code: "migration_failed" });
      expect(await applied()).toEqual([1]);
      expect(await transact(engine, (tx) => tx.get(metaKeys.claim(one.tenant)))).toBeUndefined();
    }
  });

  test("refuse at once what cannot work", () => {
    const untyped = (make: () => unknown) =>
      expect(make).toThrow(expect.objectContaining({ code: "migration_failed" }));
    // @ts-expect-error not a field of User
    untyped(() => index(User, ["nme"]));
    // @ts-expect-error not a field of User
    untyped(() => index(User, ["name"], { include: ["nme"] }));
    // @ts-expect-error not a field of User
    untyped(() => index(User, ["name"], { where: { nme: 1 } }));
    untyped(() => index(User, ["name"], { where: { age: undefined as never } }));
    untyped(() => index(User, []));
    untyped(() => index(User, ["name", "name"]));
    untyped(() => index(Item, ["author", "id"]));
    untyped(() => create(index("users", ["gone"])));
    expect(Object.isFrozen(create(index(User, ["name"])))).toBe(true);
  });

  test("an index can be named by its source when the schema is gone", async () => {
    await seed(one, 60);
    await up([[1, migration(() => [create(index("users", ["name"], { types: { name: "string" } }))])]]);
    expect(await differences(one, users, "users_name_index")).toEqual([]);
    await up([[2, migration(() => [drop(index("users", ["name"]))])]]);
    expect(await indexNamed(one, users, "users_name_index")).toBeUndefined();
  });
});

describe("a unique index over rows that are not unique", () => {
  const unique = migration(() => [
    create(index(User, ["name"], { unique: true })),
    create(index(User, ["age"])),
  ]);

  test("fails, names the rows, and leaves nothing of itself behind; it is built once they differ", async () => {
    await seed(one, 40);
    await one.run((ctx) => insertRecord(ctx, users, user({ id: "twin", name: "name7" })));
    const failure = { code: "unique_build_failed", index: "users_name_index", rows: [["u000007"], ["twin"]] };
    await expect(up([[1, unique]])).rejects.toMatchObject({
      ...failure,
      rows: expect.arrayContaining([["u000007"]]),
    });
    // The rest of the migration is there.
    expect((await one.run((ctx) => metadataOf(ctx, "users"))).indexes.map(({ name }) => name)).toEqual([
      "users_age_index",
    ]);
    expect(
      await keysBehind(one, sourceKeys(one.tenant, "users").named("unique", "users_name_index")),
    ).toEqual([]);
    expect(await applied()).toEqual([]);
    await one.run((ctx) => deleteRecord(ctx, users, ["twin"]));
    expect(await up([[1, unique]])).toEqual([1]);
    expect(await differences(one, users, "users_name_index")).toEqual([]);
  });

  test("fails too when a writer makes the second one while it is being built; no writer fails", async () => {
    await seed(one, 50, (n) => user({ id: idOf(n), name: `only${n}` }));
    const host = await release(one);
    let done = false;
    const build = migrateTenant(host, host.tenant, [[1, unique]], {
      stepBytes: 500,
      onProgress: () => {
        if (done) return;
        done = true;
        void one.run((ctx) => insertRecord(ctx, users, user({ id: "zz", name: "only0" })));
      },
    });
    await expect(build).rejects.toMatchObject({ code: "unique_build_failed" });
    expect(await indexNamed(one, users, "users_name_index")).toBeUndefined();
    await one.run((ctx) => deleteRecord(ctx, users, ["zz"]));
    await up([[1, unique]]);
    expect(await differences(one, users, "users_name_index")).toEqual([]);
  });

  test("is exact when it is built under writers that keep values apart", async () => {
    await seed(one, 1_000, (n) => user({ id: idOf(n), name: `name${n}` }));
    const load = new Load(
      [await openProcess(engine), await openProcess(engine)],
      1_000,
      randomFrom(seedNumber),
      true,
    );
    await up([[1, unique]]).catch((error) => expect(error).toMatchObject({ code: "unique_build_failed" }));
    await load.stop();
    const built = await indexNamed(one, users, "users_name_index");
    if (built !== undefined) expect(await differences(one, users, "users_name_index")).toEqual([]);
  });
});

describe("two releases", () => {
  test("that migrate one tenant at once, one ahead of the other, both end complete", async () => {
    await seed(one, 1_000);
    const older: MigrationList = [
      [1, byName],
      [2, byAge],
    ];
    const newer: MigrationList = [
      [1, byName],
      [2, byAge],
      [3, migration(() => [create(counter(User))])],
    ];
    const results = await Promise.all([up(newer), up(older), up(newer), up(older)]);
    expect(results.flat().sort()).toEqual([1, 2, 3]);
    for (const name of ["users_name_index", "users_age_index", "users_counter"]) {
      expect([name, await differences(one, users, name)]).toEqual([name, []]);
    }
  });

  test("whose branches touch different sources both end complete", async () => {
    await seed(one, 300);
    await one.run((ctx) => insertRecord(ctx, sessions, session({ id: "s", userId: "u" })));
    await Promise.all([
      up([
        [1, byName],
        [2, migration(() => [create(index(Session, ["state"]))])],
      ]),
      up([
        [1, byName],
        [3, byAge],
      ]),
    ]);
    expect(await applied()).toEqual([1, 2, 3]);
    expect(await differences(one, users, "users_age_index")).toEqual([]);
    expect(await differences(one, sessions, "sessions_state_index")).toEqual([]);
  });
});

test("values too long for a key stop a build with the index's name, and leave nothing behind", async () => {
  await seed(one, 30);
  const long = "x".repeat(20_000);
  await one.run((ctx) => insertRecord(ctx, users, user({ id: "long", email: long })));
  const both = migration(() => [create(index(User, ["name"])), create(index(User, ["email"]))]);
  await expect(up([[1, both]])).rejects.toMatchObject({ code: "key_too_large" });
  expect((await one.run((ctx) => metadataOf(ctx, "users"))).indexes).toEqual([]);
  await one.run((ctx) => deleteRecord(ctx, users, ["long"]));
  expect(await up([[1, both]])).toEqual([1]);
  expect(await differences(one, users, "users_email_index")).toEqual([]);
});

test("a drop under load leaves no entry behind, and no writer fails", async () => {
  await seed(one, 500);
  await up([[1, byName]]);
  const load = new Load(
    await Promise.all([openProcess(engine), openProcess(engine)]),
    500,
    randomFrom(seedNumber),
  );
  await new Promise((resolve) => setTimeout(resolve, 20));
  await up([[2, migration(() => [drop(index(User, ["name"]))])]]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await load.stop();
  expect(await keysBehind(one, sourceKeys(one.tenant, "users").named("index", "users_name_index"))).toEqual(
    [],
  );
});

test("a tenant that is deleted while it is migrated gets no key back", async () => {
  await seed(one, 1_000);
  const host = await release(one);
  let deleted = false;
  const build = migrateTenant(host, host.tenant, [[1, byName]], {
    ...small,
    onProgress: () => {
      if (deleted) return;
      deleted = true;
      void Tenant.delete(new Host(engine), "acme");
    },
  });
  await expect(build).rejects.toMatchObject({ code: "tenant_gone" });
  expect(await keysBehind(one, one.tenant.prefix)).toEqual([]);
});

test("a counting indexer counts each row once, whatever happens during its build", async () => {
  const key = (prefix: Uint8Array) => pack(["count"], prefix);
  const add = (n: number) => Buffer.from(new BigInt64Array([BigInt(n)]).buffer);
  registerIndexer("spec-count", {
    set: ({ tx, prefix }) => tx.atomic(2, key(prefix), add(1)),
    clear: ({ tx, prefix }) => tx.atomic(2, key(prefix), add(-1)),
    build: ({ tx, prefix }, rows) => tx.atomic(2, key(prefix), add(rows.length)),
  });
  await seed(one, 1_000);
  const load = new Load(
    [await openProcess(engine), await openProcess(engine)],
    1_000,
    randomFrom(seedNumber),
  );
  await up([
    [1, migration(() => [create(index(User, ["name"], { indexer: "spec-count", name: "counted" }))])],
  ]);
  await load.stop();
  const rows = await keysBehind(one, sourceKeys(one.tenant, "users").data);
  const [[, value]] = (await keysBehind(one, sourceKeys(one.tenant, "users").named("index", "counted"))) as [
    [Uint8Array, Uint8Array],
  ];
  expect(Buffer.from(value).readBigInt64LE(0)).toBe(BigInt(rows.length));
});
