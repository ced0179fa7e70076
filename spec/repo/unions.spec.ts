import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  BelongsTo,
  type Cursor,
  create,
  type Explanation,
  Field,
  from,
  HasMany,
  index,
  Migration,
  or,
  PrimaryKey,
  type Query,
  Repo,
  Schema,
  Tenant,
  UnsupportedQueryError,
} from "../../lib/index.js";
import { runs, timeout } from "./runs.js";

@Schema("writers")
class Writer {
  @PrimaryKey("integer") declare id: number;
  @HasMany(() => Note, "writerId") declare notes: HasMany<Note>;
}

@Schema("notes")
class Note {
  @PrimaryKey("string") declare id: string;
  @Field("integer") declare a: number | null;
  @Field("integer") declare b: number | null;
  @Field("string") declare c: string | null;
  @Field("string") declare code: string | null;
  @Field("boolean") declare live: boolean;
  @Field("json") declare tags: unknown;
  @Field("integer") declare writerId: number;
  @BelongsTo(() => Writer, "writerId") declare writer: BelongsTo<Writer>;
}

class Indexes extends Migration {
  change() {
    return [
      create(index(Note, ["a"])),
      create(index(Note, ["b"])),
      create(index(Note, ["c"])),
      create(index(Note, ["a", "b"])),
      create(index(Note, ["b", "a"])),
      create(index(Note, ["c", "b"])),
      create(index(Note, ["code"], { unique: true })),
      create(index(Note, ["a", "code"], { unique: true })),
      create(index(Note, ["b", "c"], { name: "notes_live", where: { live: true } })),
      create(index(Note, ["writerId"])),
    ];
  }
}

type Attrs = Pick<Note, "id" | "a" | "b" | "c" | "code" | "live" | "writerId">;
type Values = Record<string, unknown>;

const small = fc.option(fc.integer({ min: 0, max: 3 }), { nil: null, freq: 5 });
const text = fc.option(fc.constantFrom("", "x", "x\0", "xy", "z"), { nil: null, freq: 5 });
const codes = fc.option(fc.constantFrom("", "k", "k\0", "kk", "l", "m", "n"), { nil: null, freq: 2 });
const row: fc.Arbitrary<Attrs> = fc.record({
  id: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz", "a\0", "ab"),
  a: small,
  b: small,
  c: text,
  code: codes,
  live: fc.boolean(),
  writerId: fc.integer({ min: 1, max: 2 }),
});
const rowsOf = fc.uniqueArray(row, { maxLength: 28, minLength: 8, selector: ({ id }) => id }).map((list) => {
  const taken = new Set<string>();
  return list.map((one) => {
    if (one.code === null || taken.has(one.code)) return { ...one, code: null };
    taken.add(one.code);
    return one;
  });
});

const fields = { a: small, b: small, c: text, code: codes } as const;
const condition: fc.Arbitrary<Values> = fc
  .constantFrom(...(Object.keys(fields) as (keyof typeof fields)[]))
  .chain((field) => {
    const value = fields[field] as fc.Arbitrary<unknown>;
    const present = value.filter((one) => one !== null);
    return fc
      .oneof(
        value,
        fc.array(value, { maxLength: 3 }).map((list) => ({ in: list })),
        value.map((ne) => ({ ne })),
        fc.array(value, { maxLength: 3 }).map((notIn) => ({ notIn })),
        present.map((gt) => ({ gt })),
        present.map((lte) => ({ lte })),
        fc.boolean().map((isNull) => ({ isNull })),
      )
      .map((of) => ({ [field]: of }));
  });
const alternative = fc.oneof(
  { weight: 4, arbitrary: condition },
  { weight: 1, arbitrary: fc.tuple(condition, condition).map(([one, two]) => ({ ...one, ...two })) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(condition, condition, condition)
      .map(([one, two, three]) => ({ ...one, or: [two, three] })),
  },
  { weight: 1, arbitrary: fc.constantFrom("a", "g", "ab").map((id) => ({ id })) },
);
const asked = fc.record({
  where: fc.oneof(fc.constant({}), condition),
  or: fc.array(alternative, { minLength: 1, maxLength: 4 }),
  order: fc.constantFrom<readonly (readonly [keyof Attrs, "asc" | "desc"])[]>(
    [],
    [],
    [["b", "asc"]],
    [["b", "desc"]],
    [
      ["a", "asc"],
      ["b", "asc"],
    ],
    [["id", "desc"]],
    [["code", "desc"]],
    [["c", "asc"]],
  ),
  reverse: fc.boolean(),
  size: fc.integer({ min: 1, max: 4 }),
  limit: fc.integer({ min: 0, max: 12 }),
});

const equal = (value: unknown, wanted: unknown) => value === wanted;

/** What the conditions mean, written down once more: comparisons never match empty values. */
function meets(note: Values, where: Values): boolean {
  return Object.entries(where).every(([field, of]) => {
    if (field === "or") return (of as Values[]).some((one) => meets(note, one));
    const value = note[field];
    if (typeof of !== "object" || of === null) return equal(value, of);
    return Object.entries(of).every(([op, wanted]) => {
      if (op === "in") return (wanted as unknown[]).includes(value);
      if (op === "isNull") return (value === null) === wanted;
      if (value === null) return false;
      if (op === "ne") return !equal(value, wanted);
      if (op === "notIn") return !(wanted as unknown[]).includes(value);
      return op === "gt" ? (value as number) > (wanted as number) : (value as number) <= (wanted as number);
    });
  });
}

const byKey = (a: unknown, b: unknown): number =>
  a === b ? 0 : a === null ? -1 : b === null ? 1 : (a as number) < (b as number) ? -1 : 1;

/** Rows that the order does not tell apart stay as they stand: the path of a plan decides among them. */
function sorted(
  notes: readonly Attrs[],
  order: readonly (readonly [keyof Attrs, "asc" | "desc"])[],
): Attrs[] {
  return notes.toSorted((x, y) => {
    for (const [field, direction] of order) {
      const difference = byKey(x[field], y[field]);
      if (difference !== 0) return direction === "desc" ? -difference : difference;
    }
    return 0;
  });
}

const idsOf = (notes: readonly { id: string }[]) => notes.map(({ id }) => id);

let repo: Repo;
let tenant: Tenant;

beforeAll(async () => {
  repo = new Repo({ url: "memory:", storageId: "unions", migrations: [[1, Indexes]] });
  tenant = await Tenant.openEmpty(repo, "t");
});
afterAll(async () => {
  await repo.close();
});

async function pagesOf(query: Query<Note>, size: number): Promise<Note[]> {
  const found: Note[] = [];
  let after: Cursor | null = null;
  do {
    const page: { rows: readonly Note[]; next: Cursor | null } = await repo.page(query, {
      limit: size,
      after,
      tenant,
    });
    found.push(...page.rows);
    after = page.next;
    expect(found.length).toBeLessThan(60);
  } while (after !== null);
  return found;
}

test(
  "rows, orders, pages, counts, limits and streams of alternatives are those of a filtered list",
  async () => {
    const seen = new Map<string, number>();
    const property = fc.asyncProperty(
      rowsOf,
      fc.array(asked, { minLength: 8, maxLength: 8 }),
      async (rows, queries) => {
        await repo.deleteAll(from(Note), { tenant });
        await repo.insertAll(
          Note,
          rows.map((one) => ({ ...one, tags: null })),
          { tenant },
        );
        for (const { where, or: alternatives, order, reverse, size, limit } of queries) {
          const wanted = rows.filter((one) => meets(one, { ...where, or: alternatives }));
          let query = from(Note)
            .where(where as never)
            .where({ or: alternatives } as never);
          for (const [field, direction] of order) query = query.orderBy({ [field]: direction });
          if (reverse) query = query.reverseOrder();
          const flipped = reverse
            ? order.map(([field, direction]) => [field, direction === "asc" ? "desc" : "asc"] as const)
            : order;
          let explained: Explanation;
          try {
            explained = await repo.explain(query, { tenant });
          } catch (error) {
            expect(error).toBeInstanceOf(UnsupportedQueryError);
            seen.set("unserved", (seen.get("unserved") ?? 0) + 1);
            expect(idsOf(await repo.all(query.scan(), { tenant })).sort()).toEqual(idsOf(wanted).sort());
            continue;
          }
          const { access, text } = explained;
          const kind = access === "union" ? text.split(", ").at(2)!.split("\n")[0]!.split(" ")[0]! : access;
          seen.set(kind, (seen.get(kind) ?? 0) + 1);
          const all = await repo.all(query, { tenant });
          expect(idsOf(all)).toEqual(idsOf(sorted(all, flipped)));
          expect(idsOf(all).sort()).toEqual(idsOf(wanted).sort());
          expect(await repo.count(query, { tenant })).toBe(wanted.length);
          expect(await repo.exists(query, { tenant })).toBe(wanted.length > 0);
          const odd = (one: Note) => one.id.charCodeAt(0) % 2 === 1;
          try {
            const paged = idsOf(await pagesOf(query, size));
            expect(paged).toEqual(idsOf(all));
          } catch (error) {
            if (!(error instanceof UnsupportedQueryError)) throw error;
            seen.set("refused", (seen.get("refused") ?? 0) + 1);
            continue;
          }
          expect(idsOf(await pagesOf(query.filter(odd), size))).toEqual(idsOf(all.filter(odd)));
          expect(idsOf(await pagesOf(query.limit(limit), size))).toEqual(idsOf(all.slice(0, limit)));
          expect(idsOf(await repo.all(query.limit(limit), { tenant }))).toEqual(idsOf(all.slice(0, limit)));
          expect(await repo.all(query.limit(limit).select("id"), { tenant })).toHaveLength(
            Math.min(limit, all.length),
          );
          expect(idsOf(await repo.all(query.last(), { tenant }))).toEqual(idsOf(all.slice(-1)));
          const streamed: Note[] = [];
          for await (const one of repo.stream(query, { tenant, batch: size })) streamed.push(one);
          expect(idsOf(streamed)).toEqual(idsOf(all));
        }
      },
    );
    await fc.assert(property, runs(25));
    for (const kind of ["merged", "sorted", "one", "range", "refused", "unserved"])
      expect([kind, (seen.get(kind) ?? 0) > 0]).toEqual([kind, true]);
  },
  timeout(120_000),
);

describe("writes by alternatives", () => {
  const rows = Array.from({ length: 40 }, (_, i) => ({
    id: `n${String(i).padStart(2, "0")}`,
    a: i % 4,
    b: i % 5,
    c: "c",
    code: null,
    live: true,
    tags: null,
    writerId: 1,
  }));
  const matching = () => from(Note).where(or({ a: 1 }, { b: { gt: 3 } }));
  const ids = rows.filter(({ a, b }) => a === 1 || b > 3).map(({ id }) => id);

  test.each([[undefined], [3]])(
    "updateAll and deleteAll write each row once, in batches of %s",
    async (batch) => {
      const options = { tenant, ...(batch === undefined ? {} : { batch }) };
      await repo.deleteAll(from(Note), { tenant });
      await repo.insertAll(Note, rows, { tenant });
      const seen: string[] = [];
      const { count } = await repo.updateAll(
        matching(),
        (note) => {
          seen.push(note.id);
          // Moves rows of the one alternative into the other.
          return { b: 4, c: `${note.c}!` };
        },
        options,
      );
      expect([count, seen.sort()]).toEqual([ids.length, ids]);
      expect(await repo.count(from(Note).where({ c: "c!" }), { tenant })).toBe(ids.length);
      expect((await repo.deleteAll(matching(), options)).count).toBe(ids.length);
      expect(await repo.count(from(Note), { tenant })).toBe(rows.length - ids.length);
    },
  );

  test("a transaction sees its own writes, and conflicts with those of others in any alternative", async () => {
    await repo.deleteAll(from(Note), { tenant });
    await repo.insertAll(Note, rows.slice(0, 8), { tenant });
    const counts: number[] = [];
    await repo.transactional(tenant, async () => {
      const before = await repo.count(matching());
      await repo.insert(Note, { ...rows[9]!, a: 0, b: 4 });
      await repo.insert(Note, { ...rows[13]!, a: 1, b: 0 });
      counts.push((await repo.count(matching())) - before);
    });
    expect(counts).toEqual([2]);
    let attempts = 0;
    await repo.transactional(tenant, async () => {
      attempts++;
      const found = await repo.count(matching());
      if (attempts === 1)
        await repo.outside(() => repo.insert(Note, { ...rows[39]!, a: 0, b: 4 }, { tenant }));
      await repo.insert(Note, { ...rows[38]!, id: "seen", c: String(found) });
    });
    expect(attempts).toBe(2);
  });
});

describe("what is refused, and what is tested", () => {
  test("an alternative without an index names the line, and is tested in a scan", async () => {
    const query = from(Note).where({ or: [{ a: 1 }, { live: false }] });
    await expect(repo.all(query, { tenant })).rejects.toThrow(/create\(index\(Note, \["live"\]\)\)/);
    await expect(repo.updateAll(query, { c: "n" }, { tenant })).rejects.toThrow(UnsupportedQueryError);
    expect((await repo.explain(query.scan(), { tenant })).residual).toEqual(["(a eq 1 or live eq false)"]);
    await expect(repo.all(query.scan(), { tenant })).resolves.toEqual(expect.any(Array));
    await expect(repo.all(query.using("notes_a_index"), { tenant })).rejects.toThrow(UnsupportedQueryError);
    await expect(
      repo.all(
        from(Note)
          .where({ or: [{ a: 1 }, { b: 2 }] })
          .distinct("a"),
        { tenant },
      ),
    ).rejects.toThrow(/alternatives/);
  });

  test("alternatives on one field are ranges of one index, which serves distinct and pinned paths too", async () => {
    await repo.deleteAll(from(Note), { tenant });
    const base = { b: 1, c: null, code: null, live: true, tags: null, writerId: 1 };
    await repo.insertAll(
      Note,
      [0, 1, 2, 2, 3, null].map((a, i) => ({ ...base, a, id: `${i}` })),
      { tenant },
    );
    const query = from(Note).where({ or: [{ a: { lt: 1 } }, { a: { gte: 2 } }, { a: null }] });
    const { access, ranges, index: name } = await repo.explain(query, { tenant });
    expect([access, name, ranges.map(({ text }) => text)]).toEqual([
      "range",
      "notes_a_index",
      ["a = null", "a < 1", "a >= 2"],
    ]);
    const distinct = query.orderBy({ a: "desc" }).distinct("a").select("a");
    expect(await repo.all(distinct, { tenant })).toEqual([3, 2, 0, null]);
    expect(await repo.all(query.using("notes_a_b_index").select("id"), { tenant })).toEqual([
      "5",
      "0",
      "2",
      "3",
      "4",
    ]);
    expect(
      await repo.all(
        from(Note)
          .where({ a: { ne: 2 } })
          .select("id"),
        { tenant },
      ),
    ).toEqual(["0", "1", "4"]);
    expect(
      (await repo.explain(from(Note).where({ a: { notIn: [0, 2, null] } }), { tenant })).ranges,
    ).toHaveLength(3);
  });

  test("an or of nothing matches nothing, and reads nothing", async () => {
    expect((await repo.explain(from(Note).where({ or: [] }), { tenant })).access).toBe("none");
    expect(await repo.all(from(Note).where({ or: [] }), { tenant })).toEqual([]);
  });

  test("sources without a schema take alternatives", async () => {
    await repo.deleteAll(from(Note), { tenant });
    const base = { c: null, code: null, live: true, tags: null, writerId: 1 };
    await repo.insertAll(
      Note,
      [0, 1, 2, 3].map((a) => ({ ...base, a, b: 3 - a, id: `${a}` })),
      { tenant },
    );
    const query = from("notes").where(or({ a: 1 }, { b: { ne: 1 } }));
    expect((await repo.all(query.select("id"), { tenant })).sort()).toEqual(["0", "1", "3"]);
  });

  test("values that no key holds are excluded in memory", async () => {
    await repo.deleteAll(from(Note), { tenant });
    const base = { a: 1, b: 1, c: null, code: null, live: true, writerId: 1 };
    const tags = [["x"], ["y"], null];
    await repo.insertAll(
      Note,
      tags.map((one, i) => ({ ...base, id: `${i}`, tags: one })),
      { tenant },
    );
    const ids = (where: object) => repo.all(from(Note).where(where).scan().select("id"), { tenant });
    expect(await ids({ tags: { ne: { eq: ["x"] } as never } })).toEqual(["0", "1"]);
    expect(await ids({ tags: { ne: ["x"] } })).toEqual(["1"]);
    expect(await ids({ tags: { notIn: [["x"], ["y"]] } })).toEqual([]);
    expect(await ids({ or: [{ tags: null }, { tags: ["y"] }] })).toEqual(["1", "2"]);
  });

  test("relations are loaded with the rows of alternatives", async () => {
    await repo.deleteAll(from(Note), { tenant });
    await repo.insertAll(Writer, [{ id: 1 }, { id: 2 }], { tenant, onConflict: "nothing" });
    const base = { c: null, code: null, live: true, tags: null };
    await repo.insertAll(
      Note,
      [0, 1, 2].map((a) => ({ ...base, a, b: a, id: `${a}`, writerId: 1 + (a % 2) })),
      { tenant },
    );
    const found = await repo.all(
      from(Note)
        .where({ or: [{ a: 1 }, { b: 2 }, { a: 1, b: 1 }] })
        .preload("writer.notes"),
      { tenant },
    );
    expect(found.map((note) => [note.id, note.writer?.id, note.writer?.notes.length])).toEqual([
      ["1", 2, 1],
      ["2", 1, 2],
    ]);
  });
});
