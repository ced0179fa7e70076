import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Engine, transact } from "../../lib/engine/index.js";
import { insertRecord, metaKeys } from "../../lib/layer/index.js";
import {
  counter,
  create,
  drop,
  index,
  type MigrationProgress,
  migrateTenant,
} from "../../lib/migration/index.js";
import { newClaim, writeClaim } from "../../lib/migration/store/claim.js";
import { openProcess, openStore, type Process, User, user, users } from "../layer/support.js";
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

const ROWS = Number(process.env.PLINTH_BUILD_ROWS ?? 20_000);
const OPENERS = Number(process.env.PLINTH_BUILD_OPENERS ?? 20);

let engine: Engine;
let one: Process;
const random = randomFrom(seedNumber);

beforeEach(async () => {
  engine = await openStore();
  one = await openProcess(engine);
});
afterEach(() => engine.close());

const byName = migration(() => [create(index(User, ["name"]))]);
const byNameAndAge = migration(() => [
  create(index(User, ["name"])),
  create(index(User, ["age", "name"])),
  create(counter(User)),
  create(counter(User, ["age"])),
]);
const small = { stepBytes: 30_000, staleClaimMs: 300 };

describe("an index that is built while everything goes on", () => {
  test("equals a scan at the end, with many openers, writers and deleters; no writer fails", async () => {
    await seed(one, ROWS);
    const load = new Load(await Promise.all([0, 1, 2].map(() => openProcess(engine))), ROWS, random);
    const openers = await Promise.all(Array.from({ length: OPENERS }, () => release(one)));
    const applied = await Promise.all(
      openers.map((opener) => migrateTenant(opener, opener.tenant, [[1, byNameAndAge]], small)),
    );
    await load.stop();
    expect(applied.flat()).toEqual([1]);
    expect(load.operations).toBeGreaterThan(0);
    for (const name of ["users_name_index", "users_age_name_index", "users_counter", "users_age_counter"]) {
      expect([name, await differences(one, users, name)]).toEqual([name, []]);
    }
    expect(await transact(engine, (tx) => tx.get(metaKeys.claim(one.tenant)))).toBeUndefined();
  });

  test("equals a scan when entries are all there is to build", async () => {
    await seed(one, ROWS);
    const load = new Load(await Promise.all([0, 1, 2].map(() => openProcess(engine))), ROWS, random);
    await migrateTenant(await release(one), one.tenant, [[1, byName]], small);
    await load.stop();
    expect(await differences(one, users, "users_name_index")).toEqual([]);
  });

  test("ends right when builders die at random moments, and goes on where they were", async () => {
    await seed(one, ROWS);
    const load = new Load([await openProcess(engine)], ROWS, random);
    let furthest = 0;
    for (let death = 0; death < 4; death++) {
      const victim = await release(one);
      const controller = new AbortController();
      const steps = Math.floor(random() * 4);
      let seen = 0;
      const dying = migrateTenant(victim, victim.tenant, [[1, byNameAndAge]], {
        ...small,
        signal: controller.signal,
        onProgress: ({ rows }) => {
          if (seen++ >= steps) {
            furthest = Math.max(furthest, rows);
            throw new Error("killed");
          }
        },
      });
      // The claim stays behind, as that of a killed process does.
      await expect(kill(dying, victim.tenant)).resolves.toBeUndefined();
    }
    const survivor = await release(one);
    const progress: MigrationProgress[] = [];
    await migrateTenant(survivor, survivor.tenant, [[1, byNameAndAge]], {
      ...small,
      onProgress: (p) => progress.push(p),
    });
    await load.stop();
    for (const name of ["users_name_index", "users_age_name_index", "users_counter", "users_age_counter"]) {
      expect([name, await differences(one, users, name)]).toEqual([name, []]);
    }
  });

  test("is left alone by a worker whose claim was taken over, until the new owner is dead in turn", async () => {
    await seed(one, 2_000);
    const host = await release(one);
    const cursor = () =>
      transact(engine, (tx) => tx.get(metaKeys.build(one.tenant, "users", "users_name_index")));
    const claim = metaKeys.claim(one.tenant);
    let stolen: Promise<unknown> | undefined;
    const building = migrateTenant(host, host.tenant, [[1, byName]], {
      stepBytes: 3_000,
      staleClaimMs: 500,
      onProgress: () => {
        stolen ??= transact(engine, async (tx) => writeClaim(tx, one.tenant, newClaim()));
      },
    });
    while (stolen === undefined) await new Promise((resolve) => setImmediate(resolve));
    await stolen;
    const [before, held] = await Promise.all([cursor(), transact(engine, (tx) => tx.get(claim))]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(before?.[0]).not.toBe(0xff);
    expect(await cursor()).toEqual(before);
    expect(await transact(engine, (tx) => tx.get(claim))).toEqual(held);
    expect(await building).toEqual([1]);
    expect(await differences(one, users, "users_name_index")).toEqual([]);
  });

  test("covers chunked records, also when a step holds less than one", async () => {
    await one.run(async (ctx) => {
      for (let n = 0; n < 9; n++) {
        const photo = new Uint8Array(n % 3 === 1 ? 250_000 : 10);
        await insertRecord(ctx, users, user({ id: idOf(n), name: `n${n}`, photo }));
      }
    });
    await migrateTenant(await release(one), one.tenant, [[1, byName]], { stepBytes: 1_000 });
    expect(await differences(one, users, "users_name_index")).toEqual([]);
  });

  test("a process that has never heard of the index maintains it from the commit that registered it", async () => {
    await seed(one, 1_500);
    const old = await openProcess(engine);
    await old.run((ctx) => insertRecord(ctx, users, user({ id: "warm" })));
    const builder = await release(one);
    let writes = 0;
    await migrateTenant(builder, builder.tenant, [[1, byName]], {
      ...small,
      onProgress: () => {
        writes++;
        void old.run((ctx) =>
          insertRecord(ctx, users, user({ id: `old${writes}`, name: "old" }), { conflict: "return" }),
        );
      },
    });
    await old.run((ctx) => insertRecord(ctx, users, user({ id: "last", name: "old" })));
    expect(writes).toBeGreaterThan(1);
    expect(await differences(one, users, "users_name_index")).toEqual([]);
  });

  test("is never queried before it is complete, nor after its drop began", async () => {
    await seed(one, 1_500);
    const builder = await release(one);
    const watcher = await openProcess(engine);
    const states = new Set<string | undefined>();
    const look = async () => states.add((await indexNamed(watcher, users, "users_name_index"))?.state);
    const wrong: string[] = [];
    const check = async () => {
      const index = await indexNamed(watcher, users, "users_name_index");
      if (index?.state === "readable") wrong.push(...(await differences(watcher, users, "users_name_index")));
    };
    let running = true;
    const checking = (async () => {
      while (running) {
        await look();
        await check();
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const load = new Load([await openProcess(engine)], 1_500, random);
    await migrateTenant(builder, builder.tenant, [[1, byName]], { ...small, stepBytes: 3_000 });
    await migrateTenant(
      builder,
      builder.tenant,
      [
        [1, byName],
        [2, migration(() => [drop(index(User, ["name"]))])],
      ],
      small,
    );
    running = false;
    await checking;
    await load.stop();
    expect(wrong.filter((one) => !one.startsWith("no index") && !one.includes(" is "))).toEqual([]);
    expect(states.has("writeOnly")).toBe(true);
    expect(await indexNamed(one, users, "users_name_index")).toBeUndefined();
  });
});

/** Lets the worker die without giving its claim back: the release that follows an error is undone. */
async function kill(dying: Promise<unknown>, tenant: Process["tenant"]): Promise<void> {
  const key = metaKeys.claim(tenant);
  let claim: Uint8Array | undefined;
  const spy = setInterval(() => {
    void transact(engine, (tx) => tx.get(key)).then((value) => {
      claim = value ?? claim;
    });
  }, 1);
  await dying.then(
    () => undefined,
    () => undefined,
  );
  clearInterval(spy);
  const left = claim;
  if (left !== undefined) await transact(engine, async (tx) => tx.set(key, left));
}
