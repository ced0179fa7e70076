import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Engine, transact } from "../../lib/engine/index.js";
import { encodeCbor } from "../../lib/layer/codec/cbor.js";
import {
  deleteRecord,
  entryOfSchema,
  IMAGE_BYTES,
  insertRecord,
  layoutOf,
  readLog,
  updateRecord,
} from "../../lib/layer/index.js";
import { decodeLogEntry } from "../../lib/layer/log/decode-log-entry.js";
import { build, Field, PrimaryKey, Schema, type SchemaInfo, schemaOf } from "../../lib/schema/index.js";
import { pack, Versionstamp } from "../../lib/tuple/index.js";
import {
  openProcess,
  openStore,
  type Process,
  register,
  registration,
  type User,
  user,
  users,
} from "./support.js";

/** The same source in a release that knows fewer fields. */
@Schema("users")
class OldUser {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare name: string | null;
}

class Wide {
  declare id: string;
}
const wideFields = Array.from({ length: 250 }, (_, i) => `f${i}`);
PrimaryKey("string")(Wide.prototype, "id");
for (const name of wideFields) Field("string")(Wide.prototype as never, name as never);
Schema("wide")(Wide);

const oldUsers = schemaOf(OldUser);
const wide = schemaOf(Wide);
let engine: Engine;
let one: Process;

beforeEach(async () => {
  engine = await openStore();
  one = await openProcess(engine);
  await register(
    one,
    registration(users, ["name"]),
    registration(users, [], { kind: "metadata" }),
    registration(wide, ["f7"]),
    registration(wide, [], { kind: "metadata" }),
  );
});
afterEach(() => engine.close());

async function lastOld(info: SchemaInfo<object> = users as never) {
  const { entries } = await transact(engine, (tx) => readLog(tx, one.tenant, info.source, { after: 0n }));
  return entryOfSchema(info, one.tenant, entries.at(-1)!).old;
}

const put = (values: Partial<User>) => one.run((ctx) => insertRecord(ctx, users, user(values)));
const change = (values: Partial<User>) =>
  one.run((ctx) => updateRecord<User>(ctx, users, ["u"], (u) => user({ ...u, ...values })));
const remove = (info: SchemaInfo<object> = users as never, id = "u") =>
  one.run((ctx) => deleteRecord(ctx, info, layoutOf(info).keyOfValues([id])));

describe("old values in the log", () => {
  test("of an update are those of the changed fields, beside what indexes use", async () => {
    await put({ id: "u", name: "Ada", email: "a@x", age: 3 });
    await change({ age: 4 });
    expect(await lastOld()).toEqual({ id: "u", name: "Ada", age: 3 });
    await change({ email: null, age: null });
    expect(await lastOld()).toEqual({ id: "u", name: "Ada", email: "a@x", age: 4 });
  });

  test("of a delete are all, also what this release does not know", async () => {
    await put({ id: "u", name: "Ada", email: "a@x", photo: Buffer.from("p") });
    await remove(oldUsers as never);
    expect(await lastOld()).toEqual({ id: "u", name: "Ada", email: "a@x", photo: Buffer.from("p") });
  });

  test.each([
    ["bytes", { photo: new Uint8Array(IMAGE_BYTES) }, "photo"],
    ["text", { email: "e".repeat(IMAGE_BYTES) }, "email"],
    ["text that is longer in bytes than it looks", { email: "é".repeat(IMAGE_BYTES / 2 + 10) }, "email"],
    ["text in chunks", { email: "e".repeat(200_000) }, "email"],
  ])("leave out what is too large, and nothing else: %s", async (_, large, field) => {
    await put({ id: "u", name: "Ada", age: 3, ...large });
    await change({ age: 4, photo: null, email: null });
    expect(await lastOld()).toEqual({ id: "u", name: "Ada", age: 3 });
    await change(large);
    await remove();
    const rest: Record<string, unknown> = { id: "u", name: "Ada", age: 4, email: null, photo: null };
    delete rest[field];
    expect(await lastOld()).toEqual(rest);
  });

  test("take no more than the budget together, to the byte", async () => {
    // 1 + 5 bytes of the key "email", 3 of the head of the text.
    const most = "e".repeat(IMAGE_BYTES - 9);
    await put({ id: "u", email: most });
    await change({ email: `${most}e` });
    expect((await lastOld())?.email).toBe(most);
    await change({ email: "" });
    expect(await lastOld()).toEqual({ id: "u", name: null });
  });

  test("of an indexed field stand there however long they are", async () => {
    await put({ id: "u", name: "n".repeat(3_000) });
    await change({ name: "short" });
    expect((await lastOld())?.name).toBe("n".repeat(3_000));
  });

  test("of many fields", async () => {
    const values = Object.fromEntries(wideFields.map((name, i) => [name, i % 3 === 0 ? null : `${i}`]));
    await one.run((ctx) => insertRecord(ctx, wide as never, build(Wide, { id: "w", ...values } as never)));
    const some = wideFields.slice(0, 40);
    await one.run((ctx) =>
      updateRecord<object>(ctx, wide as never, ["w"], (row) =>
        Object.assign(
          Object.create(Wide.prototype),
          row,
          Object.fromEntries(some.map((name) => [name, "x"])),
        ),
      ),
    );
    const before = await lastOld(wide as never);
    for (const name of some) expect([name, before?.[name]]).toEqual([name, values[name]]);
    expect(Object.keys(before!)).toHaveLength(41);
    await remove(wide as never, "w");
    const gone = await lastOld(wide as never);
    expect(Object.keys(gone!)).toHaveLength(251);
    expect(gone?.f248).toBe("248");
  });
});

test("an entry that tells indexed fields alone is read as one that left out the others", () => {
  const at = Versionstamp.fromBytes(Buffer.alloc(12, 1));
  const value = Buffer.concat([
    Buffer.of(1),
    encodeCbor([1, Buffer.from(pack(["u"])), ["age"], { name: "Ada" }, { name: "Ada" }, null] as never),
  ]);
  expect(decodeLogEntry(at, value)).toEqual({
    at,
    op: "update",
    pk: ["u"],
    changed: ["age"],
    old: { name: "Ada" },
    new: { name: "Ada" },
    image: null,
  });
});
