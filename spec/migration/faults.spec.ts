import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Engine, EngineError, transact } from "../../lib/engine/index.js";
import { metadataOf, metaKeys, sourceKeys } from "../../lib/layer/index.js";
import {
  counter,
  create,
  drop,
  index,
  type MigrationList,
  migrateTenant,
  readApplied,
} from "../../lib/migration/index.js";
import { keysBehind, openProcess, openStore, type Process, User, users } from "../layer/support.js";
import { differences, Load, migration, Release, randomFrom, seed, seedNumber } from "./support.js";

let engine: Engine;
let one: Process;
const random = randomFrom(seedNumber + 17);

beforeEach(async () => {
  engine = await openStore();
  one = await openProcess(engine);
});
afterEach(() => engine.close());

/** A store whose commits fail at random: without having happened (1020, 1007), or after they have (1021). */
function faulty(inner: Engine, rate: number): Engine {
  const engine = Object.create(inner) as Engine;
  engine.begin = (options) => {
    const tx = inner.begin(options);
    const commit = tx.commit.bind(tx);
    tx.commit = async () => {
      const dice = random();
      if (dice < rate / 2) throw new EngineError(dice < rate / 4 ? 1020 : 1007);
      await commit();
      // As on a cluster, an unknown outcome can only be that of a transaction that wrote something.
      if (dice > 1 - rate / 2 && tx.getCommittedVersion() >= 0n) throw new EngineError(1021);
    };
    return tx;
  };
  return engine;
}

describe("on a store whose commits fail and are of unknown outcome", () => {
  test.each([0.2, 0.5])(
    "migrations end right (every second commit in %d fails)",
    async (rate) => {
      await seed(one, 600);
      const broken = faulty(engine, rate);
      const load = new Load([await openProcess(engine)], 600, random);
      const list: MigrationList = [
        [1, migration(() => [create(index(User, ["name"])), create(counter(User, ["age"]))])],
        [
          2,
          migration(() => [
            drop(index(User, ["name"])),
            create(index(User, ["age", "name"])),
            create(counter(User)),
          ]),
        ],
      ];
      const releases = await Promise.all([0, 1, 2].map(() => openProcess(engine)));
      await Promise.all(
        releases.map((process) =>
          migrateTenant(new Release({ ...process, engine: broken }), process.tenant, list, {
            stepBytes: 6_000,
            staleClaimMs: 400,
          }),
        ),
      );
      await load.stop();
      for (const name of ["users_age_name_index", "users_counter", "users_age_counter"]) {
        expect([name, await differences(one, users, name)]).toEqual([name, []]);
      }
      const { indexes } = await one.run((ctx) => metadataOf(ctx, "users"));
      expect(indexes.map((i) => [i.name, i.state])).toEqual([
        ["users_age_counter", "readable"],
        ["users_age_name_index", "readable"],
        ["users_counter", "readable"],
      ]);
      expect(
        await keysBehind(one, sourceKeys(one.tenant, "users").named("index", "users_name_index")),
      ).toEqual([]);
      expect((await transact(engine, (tx) => readApplied(tx, one.tenant))).map((a) => a.version)).toEqual([
        1, 2,
      ]);
      expect(await transact(engine, (tx) => tx.get(metaKeys.claim(one.tenant)))).toBeUndefined();
    },
    60_000,
  );

  test("writers keep indexes equal to the records", async () => {
    await seed(one, 100);
    await migrateTenant(new Release(one), one.tenant, [
      [1, migration(() => [create(index(User, ["name"])), create(counter(User, ["age"]))])],
    ]);
    const broken = faulty(engine, 0.4);
    const writers = await Promise.all([0, 1].map(() => openProcess(engine)));
    const load = new Load(
      writers.map((process) => ({ ...process, run: (body) => openRun(broken, process, body) })),
      100,
      random,
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    await load.stop();
    expect(load.operations).toBeGreaterThan(5);
    for (const name of ["users_name_index", "users_age_counter"]) {
      expect([name, await differences(one, users, name)]).toEqual([name, []]);
    }
  });
});

async function openRun<T>(
  broken: Engine,
  process: Process,
  body: (ctx: Parameters<Parameters<Process["run"]>[0]>[0]) => Promise<T>,
): Promise<T> {
  const { createContext } = await import("../../lib/layer/index.js");
  return transact(broken, (tx) => body(createContext(tx, process.tenant, process.metadata)));
}
