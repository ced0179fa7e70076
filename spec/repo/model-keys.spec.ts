import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  change,
  create,
  Field,
  from,
  index,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  Tenant,
  Versionstamp,
} from "../../lib/index.js";
import { runs, timeout } from "./runs.js";

@Schema("entries")
class Entry {
  @PrimaryKey("versionstamp", { partitionBy: "list" }) declare id: Versionstamp;
  @Field("string") declare list: string;
  @Field("integer") declare rank: number | null;
  @Field("string") declare text: string | null;
}

class Entries extends Migration {
  change() {
    return [
      create(metadata(Entry, ["list"])),
      create(index(Entry, ["rank"])),
      create(index(Entry, ["list", "rank"])),
    ];
  }
}

interface Row {
  readonly id: string;
  readonly list: string;
  readonly rank: number | null;
  readonly text: string | null;
}

const lists = ["a", "a\0", "b"];
const rank = fc.option(fc.integer({ min: -2, max: 2 }), { nil: null });
const text = fc.oneof(
  { weight: 8, arbitrary: fc.constant("t") },
  { weight: 1, arbitrary: fc.constant("x".repeat(95_000)) },
);
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("push" as const),
      list: fc.constantFrom(...lists),
      rank,
      text,
      count: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("change" as const), at: fc.nat(9), rank }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("pop" as const), list: fc.constantFrom(...lists) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("undone" as const), list: fc.constantFrom(...lists), rank }),
  },
);

let repo: Repo;
let n = 0;
beforeAll(() => {
  repo = new Repo({ url: "memory:", storageId: "entries", migrations: [[1, Entries]] });
});
afterAll(() => repo.close());

const plain = (entry: Entry): Row => ({
  id: entry.id.toString(),
  list: entry.list,
  rank: entry.rank,
  text: entry.text,
});
const bytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const byKey = (a: Row, b: Row) => bytes(a.list, b.list) || (a.id < b.id ? -1 : 1);
const byRank = (a: Row, b: Row) => (a.rank ?? -99) - (b.rank ?? -99) || byKey(a, b);

test(
  "partitioned queues with versionstamp keys keep their order and their indexes",
  async () => {
    const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 10 }), async (steps) => {
      const tenant = await Tenant.openEmpty(repo, `run ${n++}`);
      const options = { tenant };
      let rows: Row[] = [];
      for (const one of steps) {
        if (one.kind === "push") {
          const { list, rank: given, text: body, count } = one;
          const attrs = Array.from({ length: count }, () => ({ list, rank: given, text: body }));
          const { records } = await repo.insertAll(Entry, attrs, options);
          rows.push(...records.map(plain));
          expect(records.map(({ id }) => id.toString())).toEqual(
            records.map(({ id }) => id.toString()).sort(),
          );
        } else if (one.kind === "undone") {
          await repo.transactional(tenant, async () => {
            await repo.insert(Entry, { list: one.list, rank: one.rank });
            return repo.rollback();
          });
        } else if (one.kind === "change") {
          const row = rows[one.at];
          if (row === undefined) continue;
          const stored = await repo.getOrThrow(Entry, [row.list, Versionstamp.fromString(row.id)], options);
          await repo.update(change(stored, { rank: one.rank }));
          rows = rows.map((other) => (other.id === row.id ? { ...other, rank: one.rank } : other));
        } else {
          const top = await repo.transactional(tenant, async () => {
            const first = await repo.one(from(Entry).where({ list: one.list }).first());
            return first === null ? null : repo.delete(first);
          });
          const wanted = rows.filter(({ list }) => list === one.list).sort(byKey)[0];
          expect(top === null ? undefined : plain(top)).toEqual(wanted);
          rows = rows.filter((row) => row !== wanted);
        }
      }
      expect((await repo.all(Entry, options)).map(plain)).toEqual(rows.toSorted(byKey));
      expect((await repo.all(from(Entry).reverseOrder(), options)).map(plain)).toEqual(
        rows.toSorted(byKey).reverse(),
      );
      expect((await repo.all(from(Entry).orderBy("rank"), options)).map(plain)).toEqual(
        rows.toSorted(byRank),
      );
      for (const list of lists) {
        const own = rows.filter((row) => row.list === list);
        expect((await repo.all(from(Entry).where({ list }), options)).map(plain)).toEqual(
          own.toSorted(byKey),
        );
        const ranked = from(Entry)
          .where({ list, rank: { gte: 0 } })
          .orderBy({ rank: "desc" });
        const wanted = own
          .filter((row) => row.rank !== null && row.rank >= 0)
          .toSorted(byRank)
          .reverse();
        expect((await repo.all(ranked, options)).map(plain)).toEqual(wanted);
        const paged: Row[] = [];
        for await (const entry of repo.stream(ranked, { tenant, batch: 2 })) paged.push(plain(entry));
        expect(paged).toEqual(wanted);
      }
      expect(await repo.count(from(Entry).where({ list: { in: lists } }), options)).toBe(rows.length);
    });
    await fc.assert(property, runs(30));
  },
  timeout(60_000),
);
