import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Engine } from "../../lib/engine/index.js";
import {
  counter,
  create,
  drop,
  index,
  type MigrationCommand,
  Migrator,
  metadata,
} from "../../lib/migration/index.js";
import { openProcess, openStore, type Process, User } from "../layer/support.js";
import { migration, release, seed } from "./support.js";

let engine: Engine;
let one: Process;
beforeEach(async () => {
  engine = await openStore();
  one = await openProcess(engine);
});
afterEach(() => engine.close());

const up = async (...lists: (readonly MigrationCommand[])[]) => {
  const next = await release(one);
  return Migrator.up(
    next,
    next.tenant,
    lists.map((commands, at) => [at + 1, migration(() => commands)] as const),
  );
};
const email = index(User, ["email"]);
const types = { types: { a: "string", b: "string", a_b: "string" } };
const text = (fields: readonly string[], options = {}) => index("users", fields, { ...types, ...options });

/** Two indexes that have one name. */
const pairs: readonly (readonly [string, MigrationCommand, MigrationCommand])[] = [
  ["fields that make one name", create(text(["a_b"])), create(text(["a", "b"]))],
  ["plain and unique", create(email), create(index(User, ["email"], { unique: true }))],
  ["unique and plain", create(index(User, ["email"], { unique: true })), create(email)],
  ["include", create(email), create(index(User, ["email"], { include: ["age"] }))],
  [
    "another include",
    create(index(User, ["email"], { include: ["name"] })),
    create(index(User, ["email"], { include: ["age"] })),
  ],
  ["where", create(email), create(index(User, ["email"], { where: { age: { gt: 3 } } }))],
  [
    "another where",
    create(index(User, ["email"], { where: { age: 1 } })),
    create(index(User, ["email"], { where: { age: 2 } })),
  ],
  ["an indexer", create(email), create(index(User, ["email"], { indexer: "custom" }))],
  ["a name that is given", create(email), create(index(User, ["age"], { name: "users_email_index" }))],
  ["types of a source", create(email), create(index("users", ["email"], { types: { email: "integer" } }))],
  ["counters", create(counter("users", ["a_b"], types)), create(counter("users", ["a", "b"], types))],
  [
    "conditions of counters",
    create(counter(User, ["age"])),
    create(counter(User, ["age"], { where: { name: "x" } })),
  ],
  [
    "change tracking",
    create(metadata("users", ["a_b"], types)),
    create(metadata("users", ["a", "b"], types)),
  ],
];

describe.each([0, 5])("on a tenant with %d records, two indexes of one name are refused", (rows) => {
  test.each(pairs)("%s", async (_what, first, second) => {
    await seed(one, rows);
    const refused = { code: "migration_failed", message: expect.stringContaining("have the name") };
    await expect(up([first, second])).rejects.toMatchObject(refused);
    await expect(up([first], [second])).rejects.toMatchObject(refused);
    await expect(
      up([drop(first.action === "create" ? first.definition : email), first, second]),
    ).rejects.toMatchObject(refused);
    // Nothing of it was applied, so a list with one of them is a new one.
    expect(await up([create(index(User, ["name"]))])).toEqual([1]);
  });

  test("the very same command twice is one index, and dropping between makes room", async () => {
    await seed(one, rows, (n) => ({ ...seeded(n) }));
    const unique = create(index(User, ["email"], { unique: true }));
    expect(await up([unique, unique])).toEqual([1]);
    expect(
      await up(
        [unique, unique],
        [drop(email), create(email)],
        [unique.action === "create" ? drop(email) : unique, unique],
      ),
    ).toEqual([2, 3]);
  });

  test("a drop that names other fields than the index has is refused, in the list and in the tenant", async () => {
    await seed(one, rows);
    await expect(up([create(text(["a", "b"]))], [drop(text(["a_b"]))])).rejects.toMatchObject({
      code: "migration_failed",
    });
    expect(await up([create(text(["a", "b"]))])).toEqual([1]);
    const next = await release(one);
    const wrong = [[2, migration(() => [drop(text(["a_b"]))])]] as const;
    await expect(Migrator.up(next, next.tenant, wrong)).rejects.toMatchObject({ code: "migration_failed" });
    const byName = [[2, migration(() => [drop(text(["x"], { name: "users_a_b_index" }))])]] as const;
    expect(await Migrator.up(next, next.tenant, byName)).toEqual([2]);
  });
});

const seeded = (n: number) => ({ id: `u${n}`, name: `n${n}`, age: n, email: `${n}@x` }) as User;
