import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import {
  cast,
  change,
  create,
  EmbeddedSchema,
  EmbedsOne,
  Field,
  from,
  index,
  Migration,
  PrimaryKey,
  Repo,
  Schema,
  Tenant,
} from "../../lib/index.js";

@EmbeddedSchema()
class Mark {
  @Field("utc_datetime_usec") declare at: Date | null;
  @Field("binary") declare seal: Uint8Array | null;
}

@Schema("sheets")
class Sheet {
  @PrimaryKey("binary") declare id: Uint8Array;
  @Field("utc_datetime_usec") declare at: Date | null;
  @Field("utc_datetime") declare second: Date | null;
  @Field("date") declare day: string | null;
  @Field("uuid") declare uuid: string | null;
  @Field("binary") declare bytes: Uint8Array | null;
  @Field({ array: "utc_datetime_usec" }) declare dates: Date[] | null;
  @Field({ array: { array: "binary" } }) declare parts: Uint8Array[][] | null;
  @Field("json") declare json: unknown;
  @EmbedsOne(() => Mark, { onReplace: "delete" }) declare mark: Mark | null;
}

class Indexes extends Migration {
  change() {
    return [
      create(index(Sheet, ["at"])),
      create(index(Sheet, ["bytes"])),
      create(index(Sheet, ["dates"])),
      create(index(Sheet, ["parts"])),
    ];
  }
}

let repo: Repo;
let tenant: Tenant;
beforeAll(() => {
  repo = new Repo({ url: "memory:", storageId: "realms", migrations: [[1, Indexes]] });
});
beforeEach(async () => {
  tenant = await Tenant.openEmpty(repo, "realms");
});
afterAll(() => repo.close());

const source = `({
  id: Uint8Array.of(1),
  at: new Date(5),
  second: new Date(5000),
  bytes: Uint8Array.of(1, 2),
  dates: [new Date(7)],
  parts: [[Uint8Array.of(3)]],
  json: { list: [1, { a: null }] },
  mark: { at: new Date(9), seal: Uint8Array.of(4) },
})`;
/** The same values, made where the classes are others. */
const foreign = () => runInNewContext(source);
const own = () => {
  // biome-ignore lint/security/noGlobalEval: it makes the values of this realm from the same text
  const make = eval;
  return make(source);
};

describe("Values of another realm", () => {
  test("are others", () => {
    expect(foreign().at instanceof Date).toBe(false);
    expect(foreign().bytes instanceof Uint8Array).toBe(false);
  });

  test("are stored, and come back as values of this one", async () => {
    const inserted = await repo.insert(Sheet, foreign(), { tenant });
    const read = await repo.getOrThrow(Sheet, foreign().id, { tenant });
    await repo.delete(read);
    const wanted = await repo.insert(Sheet, own(), { tenant });
    for (const sheet of [inserted, read]) {
      expect(sheet).toStrictEqual(wanted);
      expect(sheet.at instanceof Date && sheet.bytes instanceof Uint8Array).toBe(true);
      expect(Object.getPrototypeOf(sheet.dates)).toBe(Array.prototype);
    }
  });

  test("are cast", () => {
    const { mark, ...rest } = foreign();
    const params = {
      ...rest,
      day: foreign().at,
      uuid: runInNewContext("new Uint8Array(16)"),
      bytes: runInNewContext("Uint8Array.of(1, 2).buffer"),
      mark,
    };
    const fields = ["id", "at", "second", "day", "uuid", "bytes", "dates", "json"] as const;
    const changeset = cast(Sheet, params, fields).castEmbed("mark", {
      with: (one, given) => cast(one, given, ["at", "seal"]),
    });
    expect(changeset.valid).toBe(true);
    const sheet = changeset.applyChanges();
    const { id, at, second, bytes, dates, json } = own();
    expect(sheet).toMatchObject({ id, at, second, bytes, dates, json, day: "1970-01-01" });
    expect(sheet.uuid).toBe("00000000-0000-0000-0000-000000000000");
    expect([sheet.mark?.at, sheet.mark?.seal]).toEqual([new Date(9), Uint8Array.of(4)]);
    expect(cast(Sheet, { at: runInNewContext("new Date(NaN)") }, ["at"]).valid).toBe(false);
  });

  test("are no change where they are stored already, and are a change where not", async () => {
    const sheet = await repo.insert(Sheet, own(), { tenant });
    const { id: _, ...values } = foreign();
    expect(change(sheet, values).changes).toEqual({});
    const changed = await repo.update(change(sheet, { at: runInNewContext("new Date(6)") }));
    expect(changed.at).toEqual(new Date(6));
  });

  test("find rows", async () => {
    await repo.insert(Sheet, own(), { tenant });
    const { id, at, bytes, dates, parts } = foreign();
    const conditions = [
      { id },
      { at },
      { bytes },
      { dates },
      { parts },
      { at: { gte: at } },
      { at: { in: runInNewContext("[new Date(5)]") } },
      { bytes: { startsWith: runInNewContext("Uint8Array.of(1)") } },
    ];
    for (const where of conditions) {
      expect(await repo.count(from(Sheet).where(where as never), { tenant })).toBe(1);
    }
    expect(await repo.count(from("sheets").where({ id }).scan(), { tenant })).toBe(1);
    expect(await repo.count(from("sheets").where({ bytes, at }).scan(), { tenant })).toBe(1);
    expect(await repo.allRange(Sheet, id, null, { tenant })).toHaveLength(1);
    const { text } = await repo.explain(from(Sheet).where({ at }), { tenant });
    expect(text).toContain("1970");
  });
});
