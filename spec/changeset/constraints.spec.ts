import { describe, expect, test } from "@jest/globals";
import { cast, change, type OptimisticLock, preparesOf } from "../../lib/changeset/index.js";
import { ChangesetError, UnknownFieldError } from "../../lib/errors.js";
import { build } from "../../lib/schema/index.js";
import { Maker, Product } from "./shop.js";

const product = () => build(Product, { id: "p1", name: "Cereal", stock: 3, views: 4n });

describe("constraints are data for the Repo", () => {
  test("frozen, one object for each, with its error's place and message", () => {
    const check = (record: Product) => record.stock >= 0;
    const changeset = change(product())
      .uniqueConstraint("name")
      .uniqueConstraint(["name", "makerId"], { name: "by_maker", message: "is there", errorKey: "base" })
      .foreignKeyConstraint("makerId")
      .assocConstraint("maker")
      .noAssocConstraint("reviews")
      .noAssocConstraint("manual", { message: "has a manual" })
      .checkConstraint("stock", { check, name: "stock_positive" });
    expect(changeset.constraints).toMatchObject([
      { type: "unique", fields: ["name"], name: undefined, field: "name", message: "has already been taken" },
      { type: "unique", fields: ["name", "makerId"], name: "by_maker", field: "base", message: "is there" },
      { type: "foreignKey", foreignKey: "makerId", field: "makerId", message: "does not exist" },
      {
        type: "assoc",
        association: "maker",
        foreignKey: "makerId",
        field: "maker",
        message: "does not exist",
      },
      { type: "noAssoc", association: "reviews", message: "are still associated with this entry" },
      { type: "noAssoc", association: "manual", message: "has a manual" },
      { type: "check", name: "stock_positive", field: "stock", message: "is invalid", check },
    ]);
    expect(changeset.constraints.every((one) => Object.isFrozen(one))).toBe(true);
    expect(changeset.valid).toBe(true);
    const [, , foreign] = changeset.constraints;
    expect(foreign?.type === "foreignKey" && foreign.target()).toBe(Maker);
  });

  test("refuse what cannot work", () => {
    const changeset = change(product());
    expect(() => changeset.uniqueConstraint([])).toThrow(ChangesetError);
    expect(() => changeset.uniqueConstraint("nope" as never)).toThrow(UnknownFieldError);
    expect(() => changeset.foreignKeyConstraint("name")).toThrow(/@BelongsTo\(\(\) => Product, "name"\)/);
    expect(() => changeset.assocConstraint("reviews")).toThrow(/noAssocConstraint\("reviews"\)/);
    expect(() => changeset.noAssocConstraint("maker")).toThrow(/assocConstraint\("maker"\)/);
    expect(() => changeset.checkConstraint("stock", {} as never)).toThrow(/needs the check itself/);
  });

  test("an optimistic lock knows the value that was read and the one to come", () => {
    const lock = (changeset: { constraints: readonly unknown[] }) =>
      changeset.constraints[0] as OptimisticLock;
    const stock = lock(change(product(), { name: "x" }).optimisticLock("stock"));
    expect(stock).toMatchObject({ type: "optimisticLock", field: "stock", expected: 3 });
    expect(stock.next(3)).toBe(4);
    expect(stock.next(null)).toBe(1);
    expect(stock.next(Number.MAX_SAFE_INTEGER)).toBe(1);
    expect(lock(change(product()).optimisticLock("views")).next(4n)).toBe(5n);
    const later = new Date(Date.now() + 60_000);
    expect(lock(change(product()).optimisticLock("insertedAt")).next(later)).toEqual(new Date(+later + 1));
    expect(lock(change(product()).optimisticLock("name", (name) => `${name}!`)).next("a")).toBe("a!");
    expect(() => lock(change(product()).optimisticLock("name")).next("a")).toThrow(/say how it goes on/);
  });

  test("prepared work is kept in order", async () => {
    const changeset = cast(product(), { name: "Oats" }, ["name"])
      .prepareChanges((one) => one.putChange("stock", 1))
      .prepareChanges(async (one, repo: { n: number }) => one.putChange("stock", repo.n));
    const [first, second] = preparesOf(changeset);
    expect(await first?.(changeset, {})).toMatchObject({ changes: { name: "Oats", stock: 1 } });
    expect(await second?.(changeset, { n: 9 })).toMatchObject({ changes: { name: "Oats", stock: 9 } });
    expect(changeset.changes).toEqual({ name: "Oats" });
  });
});
