import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  BelongsTo,
  build,
  change,
  create,
  Field,
  from,
  HasMany,
  HasOne,
  IncorrectTenancyError,
  InvalidCursorError,
  index,
  Migration,
  Multi,
  PlinthError,
  PrimaryKey,
  Repo,
  Schema,
  Tenant,
} from "../../lib/index.js";

@Schema("boards")
class Board {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare title: string | null;
  @HasMany(() => Card, "boardId", { onReplace: "nilify" }) declare cards: HasMany<Card>;
  @HasOne(() => Card, "boardId", { onReplace: "nilify" }) declare top: HasOne<Card>;
}

@Schema("cards")
class Card {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare text: string | null;
  @Field("string") declare boardId: string | null;
  @BelongsTo(() => Board, "boardId", { onReplace: "nilify" }) declare board: BelongsTo<Board>;
}

class Boards extends Migration {
  change() {
    return [create(index(Card, ["boardId"])), create(index(Board, ["title"]))];
  }
}

let repo: Repo;
let here: Tenant;
let there: Tenant;
beforeAll(async () => {
  repo = new Repo({ url: "memory:", storageId: "foreign", migrations: [[1, Boards]] });
  here = await Tenant.openEmpty(repo, "here");
  there = await Tenant.openEmpty(repo, "there");
  for (const tenant of [here, there]) {
    await repo.insert(Board, { id: "b", title: tenant.id }, { tenant });
    await repo.insertAll(
      Card,
      ["1", "2", "3"].map((id) => ({ id, text: tenant.id, boardId: "b" })),
      { tenant },
    );
  }
});
afterAll(() => repo.close());

const contents = async () =>
  Promise.all(
    [here, there].map(async (tenant) => [
      await repo.all(Board, { tenant }),
      await repo.all(Card, { tenant }),
    ]),
  );

/** Fails with that class, and changes nothing in either tenant. */
async function refused(
  run: () => Promise<unknown>,
  type: abstract new (...args: never[]) => Error = IncorrectTenancyError,
) {
  const before = await contents();
  await expect(run()).rejects.toBeInstanceOf(type);
  expect(await contents()).toEqual(before);
}

describe("a record of another tenant", () => {
  const board = async (tenant: Tenant) =>
    repo.preload(await repo.getOrThrow(Board, "b", { tenant }), ["cards", "top"]);
  const card = (tenant: Tenant, id = "1") => repo.getOrThrow(Card, id, { tenant });

  test.each<[string, () => Promise<unknown>]>([
    ["update", async () => repo.update(change(await card(there), { text: "x" }), { tenant: here })],
    ["delete", async () => repo.delete(await card(there), { tenant: here })],
    ["insert", async () => repo.insert(Card, await card(there), { tenant: here })],
    [
      "insertAll",
      async () => repo.insertAll(Card, [build(Card, { id: "9" }), await card(there)], { tenant: here }),
    ],
    [
      "insertOrUpdate",
      async () => repo.insertOrUpdate(change(await card(there), { text: "x" }), { tenant: here }),
    ],
    ["upsert", async () => repo.insert(Card, await card(there), { tenant: here, onConflict: "replaceAll" })],
    ["reload", async () => repo.reload(await card(there), { tenant: here })],
    ["reload of both", async () => repo.reload([await card(here), await card(there)])],
    ["preload", async () => repo.preload(await card(there), "board", { tenant: here })],
    ["tryUpdate", async () => repo.tryUpdate(change(await card(there), { text: "x" }), { tenant: here })],
    [
      "insert as a parent",
      async () => repo.insert(Card, { id: "9", board: await board(there) }, { tenant: here }),
    ],
    [
      "insert as the parent of a child",
      async () =>
        repo.insert(
          Board,
          { id: "c", cards: [build(Card, { id: "9", board: await board(there) })] },
          { tenant: here },
        ),
    ],
    [
      "putAssoc of a child",
      async () =>
        repo.update(change(await board(here)).putAssoc("cards", [change(await card(there), { text: "x" })])),
    ],
    [
      "putAssoc of a child that does not change",
      async () =>
        repo.update(change(await board(here), { title: "x" }).putAssoc("cards", [await card(there)])),
    ],
    [
      "putAssoc of a hasOne",
      async () => repo.update(change(await board(here)).putAssoc("top", await card(there, "2"))),
    ],
    [
      "putAssoc of a parent",
      async () =>
        repo.update(
          change(await repo.preload(await card(here), "board")).putAssoc(
            "board",
            change(await board(there), { title: "x" }),
          ),
        ),
    ],
    [
      "insert of a changeset with a parent",
      async () =>
        repo.insert(change(Card, { id: "9" }).putAssoc("board", await board(there)), { tenant: here }),
    ],
    [
      "prepareChanges that brings one in",
      async () => {
        const foreign = await card(there);
        return repo.update(
          change(await board(here), { title: "x" }).prepareChanges((changeset) =>
            changeset.putAssoc("cards", [change(foreign, { text: "x" })]),
          ),
        );
      },
    ],
    [
      "Multi.update",
      async () =>
        repo.transactional(here, new Multi().update("card", change(await card(there), { text: "x" }))),
    ],
    ["Multi.delete", async () => repo.transactional(here, new Multi().delete("card", await card(there)))],
    [
      "a transaction",
      async () => {
        const foreign = await card(there);
        return repo.transactional(here, async () => {
          await repo.update(change(await repo.getOrThrow(Card, "2"), { text: "x" }));
          await repo.delete(foreign);
        });
      },
    ],
  ])("is refused by %s, and nothing is written", async (_name, run) => {
    await refused(run);
  });

  test("gives its tenant to new records that it is related to", async () => {
    const inserted = await repo.insert(change(Card, { id: "9" }).putAssoc("board", await board(there)));
    expect(await repo.get(Card, "9", { tenant: here })).toBeNull();
    expect(await repo.get(Card, "9", { tenant: there })).toMatchObject({ boardId: "b" });
    await repo.delete(inserted);
  });
});

describe("a cursor of another tenant", () => {
  const query = from(Card).orderBy("boardId");

  test("is refused by every reader, though the query is the same", async () => {
    const { next } = await repo.page(query, { limit: 1, tenant: there });
    expect(
      (await repo.page(query, { limit: 5, after: next, tenant: there })).rows.map(({ id }) => id),
    ).toEqual(["2", "3"]);
    await refused(() => repo.page(query, { limit: 1, after: next, tenant: here }), InvalidCursorError);
    await refused(() => repo.all(query.after(next), { tenant: here }), InvalidCursorError);
    await refused(
      () => repo.updateAll(query.after(next), { text: "x" }, { tenant: here }),
      InvalidCursorError,
    );
    await refused(() => repo.deleteAll(query.after(next), { tenant: here, batch: 1 }), InvalidCursorError);
    await refused(async () => {
      for await (const _ of repo.stream(query.after(next), { tenant: here })) break;
    }, InvalidCursorError);
  });

  test("that was changed on its way is refused, or continues inside of the query", async () => {
    const { next } = await repo.page(from(Card).where({ boardId: "b" }), { limit: 1, tenant: here });
    const all = (await repo.all(from(Card).where({ boardId: "b" }), { tenant: here })).map(({ id }) => id);
    for (let at = 0; at < next!.length; at++) {
      const changed = `${next!.slice(0, at)}${next![at] === "A" ? "B" : "A"}${next!.slice(at + 1)}`;
      const page = await repo
        .page(from(Card).where({ boardId: "b" }), { limit: 9, after: changed as never, tenant: here })
        .catch((error: unknown) => error);
      if (page instanceof Error) expect(page).toBeInstanceOf(PlinthError);
      else for (const { id } of (page as { rows: Card[] }).rows) expect(all).toContain(id);
    }
  });
});

test("a record without a key is related to nothing: not to the rows whose foreign key is empty", async () => {
  await repo.insert(Card, { id: "orphan" }, { tenant: here });
  const [unsaved, stored] = await repo.preload(
    [build(Board), await repo.getOrThrow(Board, "b", { tenant: here })],
    ["cards", "top"],
  );
  expect([unsaved?.cards, unsaved?.top]).toEqual([[], null]);
  expect(stored?.cards.map(({ id }) => id)).toEqual(["1", "2", "3"]);
  expect(
    (await repo.preload(await repo.getOrThrow(Card, "orphan", { tenant: here }), "board")).board,
  ).toBeNull();
});

test("a relation takes no record of another class", async () => {
  const [card, board] = [
    await repo.getOrThrow(Card, "1", { tenant: here }),
    await repo.getOrThrow(Board, "b", { tenant: here }),
  ];
  await refused(() => repo.insert(Card, { id: "9", board: card as never }, { tenant: here }), PlinthError);
  await refused(
    () => repo.insert(Board, { id: "c", cards: [board as never] }, { tenant: here }),
    PlinthError,
  );
  await refused(
    async () => repo.insert(change(Card, { id: "9" }).putAssoc("board", card as never)),
    PlinthError,
  );
});
