import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import {
  BelongsTo,
  create,
  Field,
  from,
  HasMany,
  HasOne,
  InvalidOptionsError,
  index,
  Migration,
  PrimaryKey,
  type Query,
  Repo,
  Schema,
  Tenant,
} from "../../lib/index.js";

@Schema("shelves")
class Shelf {
  @PrimaryKey("id") declare id: number;
  @Field("string") declare room: string | null;
  @HasMany(() => Book, "shelfId") declare books: HasMany<Book>;
  @HasOne(() => Book, "shelfId") declare first: HasOne<Book>;
}

@Schema("books")
class Book {
  @PrimaryKey("id") declare id: number;
  @Field("id") declare shelfId: number | null;
  @Field("string") declare topic: string | null;
  @Field("integer") declare year: number | null;
  @BelongsTo(() => Shelf, "shelfId") declare shelf: BelongsTo<Shelf>;
  @HasMany(() => Leaf, "bookId") declare leaves: HasMany<Leaf>;
}

@Schema("leaves")
class Leaf {
  @PrimaryKey("id") declare id: number;
  @Field("id") declare bookId: number | null;
}

class Indexes extends Migration {
  change() {
    return [
      create(index(Book, ["shelfId"])),
      create(index(Book, ["topic", "year"])),
      create(index(Book, ["year"])),
      create(index(Leaf, ["bookId"])),
    ];
  }
}

let repo: Repo;
let tenant: Tenant;
beforeAll(() => {
  repo = new Repo({ url: "memory:", storageId: "lists", migrations: [[1, Indexes]] });
});
beforeEach(async () => {
  tenant = await Tenant.openEmpty(repo, "lists");
});
afterAll(() => repo.close());

const numbers = (n: number) => Array.from({ length: n }, (_, i) => i);

describe("A preload of a long list", () => {
  beforeEach(async () => {
    await repo.insertAll(
      Shelf,
      [1, 2].map((id) => ({ id, room: "a" })),
      { tenant },
    );
    await repo.insertAll(
      Book,
      [1, 2, 3].map((id) => ({ id, shelfId: id === 3 ? 2 : 1 })),
      { tenant },
    );
    await repo.insertAll(
      Leaf,
      numbers(6).map((id) => ({ id, bookId: 1 + (id % 3) })),
      { tenant },
    );
  });

  test("gives each occurrence of a record its rows once, at every level", async () => {
    const one = await repo.getOrThrow(Shelf, 1, { tenant });
    const again = await repo.getOrThrow(Shelf, 1, { tenant });
    const two = await repo.getOrThrow(Shelf, 2, { tenant });
    const list = [one, ...numbers(2_100).map((i) => (i % 3 === 0 ? one : two)), again];
    const loaded = await repo.preload(list, ["books.leaves", "first.leaves"]);
    const shapes = new Set(
      loaded.map(({ id, books, first }) =>
        JSON.stringify([id, books.map((book) => [book.id, book.leaves.length]), first?.leaves.length]),
      ),
    );
    expect(shapes).toEqual(new Set(["[1,[[1,2],[2,2]],2]", "[2,[[3,2]],2]"]));
  });

  test("does so for the parents of many children", async () => {
    await repo.insertAll(
      Book,
      numbers(1_200).map((i) => ({ id: 100 + i, shelfId: 1 + (i % 2) })),
      { tenant },
    );
    const books = await repo.all(from(Book).preload("shelf.books"), { tenant });
    expect(new Set(books.map(({ shelf }) => shelf?.books.length))).toEqual(new Set([602, 601]));
  });
});

describe("The pages of a limited query", () => {
  const queries: Record<string, () => Query<Book, Book>> = {
    plain: () => from(Book),
    reversed: () => from(Book).reverseOrder(),
    "by an index": () => from(Book).orderBy({ year: "desc" }),
    "of merged ranges": () =>
      from(Book)
        .where({ topic: { in: ["t0", "t2"] } })
        .orderBy("year"),
    "of several ranges": () => from(Book).where({ topic: { in: ["t0", "t2"] } }),
    "of points": () => from(Book).where({ id: { in: [30, 3, 4, 9, 11, 20, 21] } }),
    filtered: () => from(Book).filter(({ id }) => id % 2 === 1),
  };
  beforeEach(async () => {
    const rows = numbers(40).map((id) => ({ id, topic: `t${id % 3}`, year: id % 7 }));
    await repo.insertAll(Book, rows, { tenant });
  });

  async function paged(query: Query<Book, Book>, size: number): Promise<number[]> {
    const ids: number[] = [];
    let after = null;
    do {
      const page: Awaited<ReturnType<typeof repo.page<Book>>> = await repo.page(query, {
        limit: size,
        after,
        tenant,
      });
      ids.push(...page.rows.map(({ id }) => id));
      after = page.next;
    } while (after !== null);
    return ids;
  }

  test.each(Object.entries(queries))("%s", async (_, query) => {
    for (const limit of [0, 1, 5, 6, 7, 40, 50]) {
      const wanted = (await repo.all(query().limit(limit), { tenant })).map(({ id }) => id);
      for (const size of [1, 2, 3, 5, 6, 60]) expect(await paged(query().limit(limit), size)).toEqual(wanted);
      const streamed: number[] = [];
      for await (const { id } of repo.stream(query().limit(limit), { tenant, batch: 2 })) streamed.push(id);
      expect(streamed).toEqual(wanted);
    }
  });

  test("of first and last are one row", async () => {
    expect(await paged(from(Book).first(), 1)).toEqual([0]);
    expect(await paged(from(Book).last(), 3)).toEqual([39]);
  });

  test("a cursor in the query itself starts there, and the limit counts anew", async () => {
    const { next } = await repo.page(from(Book).limit(5), { limit: 2, tenant });
    const rest = await repo.all(
      from(Book)
        .after(next as never)
        .limit(5),
      { tenant },
    );
    expect(rest.map(({ id }) => id)).toEqual([2, 3, 4, 5, 6]);
  });
});

describe("insertAll", () => {
  const rows = [1, 2, 3].map((id) => ({ id, topic: "a", year: id }));

  test.each([["replaceAll"], [{ replace: ["year"] }], [{ replaceAllExcept: ["topic"] }]] as const)(
    "as an upsert (%j) tells of every row, equal or not",
    async (onConflict) => {
      await repo.insertAll(Book, rows, { tenant });
      const again = [rows[0]!, { ...rows[1]!, year: 9 }, rows[2]!, { id: 4, topic: "b" }];
      const { count, records } = await repo.insertAll(Book, again, {
        tenant,
        onConflict: onConflict as never,
      });
      expect([count, ...records.map(({ id, year }) => [id, year])]).toEqual([
        4,
        [1, 1],
        [2, 9],
        [3, 3],
        [4, null],
      ]);
    },
  );

  test('leaves rows out with "nothing"', async () => {
    await repo.insertAll(Book, rows.slice(0, 2), { tenant });
    const { records } = await repo.insertAll(Book, [...rows, rows[2]!], { tenant, onConflict: "nothing" });
    expect(records.map(({ id }) => id)).toEqual([3]);
  });

  test.each([
    // biome-ignore lint/suspicious/noSparseArray: it is what is refused
    ["a hole", [rows[0], , rows[1]]],
    ["undefined", [rows[0], undefined]],
    ["null", [rows[0], null]],
    ["a number", [rows[0], 5]],
  ])("refuses a list with %s, with nothing written", async (_, list) => {
    for (const options of [{ tenant }, { tenant, batch: 1 }]) {
      await expect(repo.insertAll(Book, list as never, options)).rejects.toThrow(InvalidOptionsError);
    }
    expect(await repo.count(from(Book), { tenant })).toBe(0);
  });
});
