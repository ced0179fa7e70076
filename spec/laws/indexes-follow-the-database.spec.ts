import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  change,
  counter,
  create,
  drop,
  Field,
  from,
  index,
  Migration,
  Migrator,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  Tenant,
  UniqueViolationError,
  UnsupportedQueryError,
} from "plinth";
import { type Engine, openEngine } from "plinth/engine";
import { problems } from "./support.js";

/** A process keeps every index that the tenant has, also those that its code has never heard of. */

/** The release before: knows neither the handle nor the team, and has no migrations. */
@Schema("members")
class OldMember {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare name: string | null;
}

@Schema("members")
class Member {
  @PrimaryKey("string") declare id: string;
  @Field("string", { source: "name" }) declare fullName: string | null;
  @Field("string") declare handle: string | null;
  @Field("string", { tag: 7 }) declare team: string | null;
  @Field("integer") declare level: number | null;
  @Field("binary") declare photo: Uint8Array | null;
}

class Release extends Migration {
  change() {
    return [
      create(index(Member, ["fullName"])),
      create(index(Member, ["team", "level"], { include: ["handle"] })),
      create(index(Member, ["handle"], { unique: true })),
      create(index(Member, ["level"], { where: { team: "red" }, name: "red_levels" })),
      create(counter(Member, ["team"])),
      create(metadata(Member)),
      create(metadata(Member, ["team"])),
    ];
  }
}

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine("memory:");
});
afterAll(() => engine.close());

const older = () => new Repo({ engine, storageId: "laws" });
const newer = () => new Repo({ engine, storageId: "laws", migrations: [[1, Release]] });
const photo = new Uint8Array(200_000).fill(7);

async function open(repo: Repo, id: string): Promise<Tenant> {
  return Tenant.openOrCreate(repo, id);
}

describe("a process of an older release", () => {
  test("keeps indexes on fields that it does not know, and the fields themselves", async () => {
    const next = newer();
    const tenant = await open(next, "fields");
    const teams = ["red", "blue", null];
    await next.insertAll(
      Member,
      Array.from({ length: 12 }, (_, i) => ({
        id: `m${i}`,
        fullName: `n${i}`,
        handle: i % 4 === 0 ? null : `h${i}`,
        team: teams[i % 3]!,
        level: i,
        photo: i === 5 ? photo : null,
      })),
      { tenant },
    );
    const old = older();
    const same = await open(old, "fields");
    await old.update(change((await old.get(OldMember, "m1", { tenant: same }))!, { name: "renamed" }));
    await old.update(change((await old.get(OldMember, "m5", { tenant: same }))!, { name: "renamed" }));
    await old.delete((await old.get(OldMember, "m2", { tenant: same }))!);
    await old.insert(OldMember, { id: "plain", name: "renamed" }, { tenant: same });
    await old.insert(
      OldMember,
      { id: "m3", name: "merged" },
      { tenant: same, onConflict: { replace: ["name"] } },
    );
    await old.insert(OldMember, { id: "m4", name: "replaced" }, { tenant: same, onConflict: "replaceAll" });
    await old.insert(OldMember, { id: "m6", name: "kept" }, { tenant: same, onConflict: "nothing" });
    await old.updateAll(from(OldMember).where({ name: "renamed" }), { name: "again" }, { tenant: same });
    await old.deleteAll(from(OldMember).where({ name: "n7" }), { tenant: same });
    expect(await problems(next, tenant, [Member])).toEqual([]);
    expect(await next.get(Member, "m1", { tenant })).toMatchObject({
      fullName: "again",
      handle: "h1",
      team: "blue",
    });
    const five = await next.get(Member, "m5", { tenant });
    expect([five?.fullName, five?.photo?.length, five?.level]).toEqual(["again", photo.length, 5]);
    expect((await next.allBy(Member, { fullName: "again" }, { tenant })).map(({ id }) => id)).toEqual([
      "m1",
      "m5",
      "plain",
    ]);
    expect(await next.get(Member, "m3", { tenant })).toMatchObject({
      fullName: "merged",
      handle: "h3",
      team: "red",
    });
    expect(await next.count(from(Member).where({ team: "red" }), { tenant })).toBe(
      (await next.all(from(Member).where({ team: "red" }).select("id"), { tenant })).length,
    );
    await expect(next.insert(Member, { id: "x", handle: "h1" }, { tenant })).rejects.toThrow();
    // The handle of a deleted row is free.
    await next.insert(Member, { id: "y", handle: "h2" }, { tenant });
    expect(await problems(next, tenant, [Member])).toEqual([]);
  });

  test("keeps an index from the moment that it is registered, with its list of indexes already read", async () => {
    const old = older();
    const tenant = await open(old, "moment");
    await old.insertAll(
      OldMember,
      Array.from({ length: 20 }, (_, i) => ({ id: `m${i}`, name: `n${i}` })),
      { tenant },
    );
    const next = new Repo({ engine, storageId: "laws" });
    const same = await open(next, "moment");
    await Migrator.up(next, same, [[1, Release]]);
    await old.insert(OldMember, { id: "after", name: "after" }, { tenant });
    await old.update(change((await old.get(OldMember, "m3", { tenant })) as OldMember, { name: "after" }));
    await old.delete((await old.get(OldMember, "m4", { tenant }))!);
    expect((await next.allBy(Member, { fullName: "after" }, { tenant: same })).map(({ id }) => id)).toEqual([
      "after",
      "m3",
    ]);
    expect(await problems(next, same, [Member])).toEqual([]);
  });
});

describe("unique values", () => {
  test("hold between processes that write them at the same time", async () => {
    const processes = Array.from({ length: 4 }, newer);
    const tenants = await Promise.all(processes.map((repo) => open(repo, "unique")));
    const outcomes = await Promise.allSettled(
      Array.from({ length: 40 }, (_, i) =>
        processes[i % 4]!.insert(Member, { id: `u${i}`, handle: `h${i % 10}` }, { tenant: tenants[i % 4]! }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(10);
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") continue;
      const causes = [outcome.reason, outcome.reason.cause];
      expect(
        causes.some((error) => error instanceof UniqueViolationError || error?.code?.includes("constraint")),
      ).toBe(true);
    }
    expect(await problems(processes[0]!, tenants[0]!, [Member])).toEqual([]);
  });

  test("move from one record to another in one transaction, in any order that is possible", async () => {
    const repo = newer();
    const tenant = await open(repo, "moves");
    await repo.insertAll(
      Member,
      [
        { id: "a", handle: "x" },
        { id: "b", handle: "y" },
      ],
      { tenant },
    );
    await repo.transactional(tenant, async () => {
      const [a, b] = [await repo.getOrThrow(Member, "a"), await repo.getOrThrow(Member, "b")];
      const free = await repo.update(change(a, { handle: null }));
      await repo.update(change(b, { handle: "x" }));
      await repo.update(change(free, { handle: "y" }));
      await repo.delete(b);
      await repo.insert(Member, { id: "c", handle: "x" });
    });
    expect(await repo.getBy(Member, { handle: "x" }, { tenant })).toMatchObject({ id: "c" });
    expect(await repo.getBy(Member, { handle: "y" }, { tenant })).toMatchObject({ id: "a" });
    expect(await problems(repo, tenant, [Member])).toEqual([]);
  });
});

class ByLevel extends Migration {
  change() {
    return [create(index(Member, ["level"]))];
  }
}
class NotByLevel extends Migration {
  change() {
    return [drop(index(Member, ["level"]))];
  }
}

test("no query is answered from an index that is being built or dropped", async () => {
  const reader = older();
  const tenant = await open(reader, "building");
  const count = 400;
  await reader.insertAll(
    Member,
    Array.from({ length: count }, (_, i) => ({ id: `m${i}`, level: i % 7 })),
    { tenant },
  );
  const builder = older();
  const same = await open(builder, "building");
  const counts = new Map<number | string, number>();
  let stop = false;
  const read = async () => {
    while (!stop) {
      const seen = await reader
        .all(
          from(Member)
            .where({ level: { gte: 0 } })
            .select("id"),
          { tenant },
        )
        .then((rows) => rows.length)
        .catch((error) => {
          if (error instanceof UnsupportedQueryError) return "refused";
          throw error;
        });
      counts.set(seen, (counts.get(seen) ?? 0) + 1);
    }
  };
  const readers = [read(), read()];
  const versions: [number, typeof Migration][] = [];
  for (let v = 1; v <= 6; v++) {
    versions.push([v, (v % 2 ? ByLevel : NotByLevel) as typeof Migration]);
    await Migrator.up(builder, same, versions as never, { stepBytes: 500 });
    if (v % 2) await reader.all(from(Member).where({ level: 1 }), { tenant });
  }
  stop = true;
  await Promise.all(readers);
  expect([...counts.keys()].filter((seen) => seen !== "refused" && seen !== count)).toEqual([]);
  expect(counts.get("refused")).toBeGreaterThan(0);
  expect(counts.get(count)).toBeGreaterThan(0);
});
