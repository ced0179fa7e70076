import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import {
  BelongsTo,
  build,
  type Changeset,
  cast,
  change,
  create,
  EmbeddedSchema,
  EmbedsMany,
  EmbedsOne,
  enumOf,
  Field,
  from,
  HasMany,
  HasOne,
  InsertedAt,
  InvalidChangesetError,
  index,
  Migration,
  Multi,
  OptionalFields,
  PrimaryKey,
  Repo,
  RequiredFieldError,
  Schema,
  schemaOf,
  Tenant,
} from "../../lib/index.js";

@EmbeddedSchema()
class Line {
  @Field("string") declare article: string;
  @Field("integer", { default: 1 }) declare count: number;
  @Field("string") declare note: string | null;
}

@Schema("orders")
class Order {
  declare readonly [OptionalFields]?: "state" | "tags" | "lines";
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare title: string;
  @Field(enumOf("open", "paid"), { default: "open" }) declare state: "open" | "paid";
  @Field({ array: "string" }, { default: () => [] }) declare tags: string[];
  @Field("json", { required: true }) declare meta: { readonly n: number };
  @Field("string") declare note: string | null;
  @Field("string", { virtual: true }) declare token: string | null;
  @EmbedsOne(() => Line, { onReplace: "delete" }) declare first: Line;
  @EmbedsMany(() => Line, { onReplace: "delete" }) declare lines: EmbedsMany<Line>;
  @HasMany(() => Part, "orderId", { onReplace: "nilify" }) declare parts: HasMany<Part>;
  @HasOne(() => Seal, "orderId", { onReplace: "delete" }) declare seal: HasOne<Seal>;
  @InsertedAt() declare insertedAt: Date;
}

@Schema("parts")
class Part {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("binary_id") declare orderId: string;
  @BelongsTo(() => Order, "orderId", { onReplace: "nilify" }) declare order: BelongsTo<Order>;
  @Field("string") declare name: string;
}

@Schema("seals")
class Seal {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("binary_id") declare orderId: string;
  @Field("integer") declare number: number;
}

/** The release before, whose rows have less. */
@Schema("orders")
class OldOrder {
  @PrimaryKey("binary_id") declare id: string;
  @Field("string") declare note: string | null;
}

class Indexes extends Migration {
  change() {
    return [
      create(index(Part, ["orderId"])),
      create(index(Seal, ["orderId"])),
      create(index(Order, ["title"])),
    ];
  }
}

const line = (article: string | null = "a") => ({ article, count: 1, note: null }) as Line;
const whole = () => ({ id: "1", title: "t", meta: { n: 1 }, first: line() });
type Attributes = Record<string, unknown>;

describe("fields that are declared without null", () => {
  let repo: Repo;
  let tenant: Tenant;
  beforeAll(() => {
    repo = new Repo({ url: "memory:", storageId: "required", migrations: [[1, Indexes]] });
  });
  beforeEach(async () => {
    await Tenant.clearAndDelete(repo, "t");
    tenant = await Tenant.openEmpty(repo, "t");
  });
  afterAll(() => repo.close());

  const without = (name: string, more: Attributes = {}) => {
    const { [name]: _, ...rest } = { ...whole(), ...more } as Attributes;
    return rest as never;
  };
  const rows = () => repo.count(Order, { tenant });
  const refused = (path: string, field = path, schema = "Order") =>
    expect.objectContaining({ code: "required_field", name: "RequiredFieldError", schema, field, path });

  test("are known from what the compiler recorded or the decorator states", () => {
    const required = (schema: Parameters<typeof schemaOf>[0]) =>
      schemaOf(schema).requiredFields.map(({ name }) => name);
    expect(required(Order)).toEqual(["title", "state", "tags", "meta", "first"]);
    expect(required(Line)).toEqual(["article", "count"]);
    expect(required(Part)).toEqual(["orderId", "name"]);
    class Unknown {}
    PrimaryKey("id")(Unknown.prototype as { id: number }, "id");
    Field("string")(Unknown.prototype as { name: string }, "name");
    Field("string", { required: true })(Unknown.prototype as { stated: string }, "stated");
    Field("string", { required: true, default: null })(Unknown.prototype as { empty: string }, "empty");
    Schema("unknown")(Unknown);
    expect(required(Unknown)).toEqual(["stated"]);
  });

  describe("of attributes and records", () => {
    for (const name of ["title", "meta", "first"]) {
      test(`refuse an insert without ${name}, and one with null, and store nothing`, async () => {
        for (const attrs of [without(name), { ...whole(), [name]: null } as never]) {
          await expect(repo.insert(Order, attrs, { tenant })).rejects.toEqual(refused(name));
          await expect(repo.insert(build(Order, attrs), { tenant })).rejects.toEqual(refused(name));
          await expect(repo.tryInsert(Order, attrs, { tenant })).rejects.toEqual(refused(name));
          await expect(repo.insertAll(Order, [whole(), attrs], { tenant })).rejects.toEqual(refused(name));
          const multi = new Multi().insert("good", Order, whole()).insert("bad", Order, attrs);
          await expect(repo.transactional(tenant, multi)).rejects.toEqual(refused(name));
        }
        expect(await rows()).toBe(0);
      });
    }

    test("name class, field and the lines that mend it", async () => {
      const error = await repo.insert(Order, without("title"), { tenant }).catch((caught) => caught);
      expect(error).toBeInstanceOf(RequiredFieldError);
      expect(error.message).toMatch(
        /^Order\.title has no value, .*"\| null".*default: "".*validateRequired\(\["title"\]\)/,
      );
    });

    test("are filled by defaults, generated values and what nesting gives", async () => {
      const order = await repo.insert(
        Order,
        { title: "t", meta: { n: 1 }, first: line(), parts: [{ name: "p" }], seal: { number: 1 } },
        { tenant },
      );
      expect(order).toMatchObject({ state: "open", tags: [], lines: [], note: null });
      const part = await repo.insert(Part, { name: "q", order }, { tenant });
      expect(part.orderId).toBe(order.id);
      const parent = { title: "u", meta: { n: 1 }, first: line() };
      expect((await repo.insert(Part, { name: "r", order: parent }, { tenant })).orderId).toHaveLength(36);
      const made = Object.assign(new Order(), whole());
      expect((await repo.insert(made, { tenant })).state).toBe("open");
      await expect(repo.insert(Part, { name: "s" }, { tenant })).rejects.toEqual(
        refused("orderId", "orderId", "Part"),
      );
    });

    test("are looked for in what is nested, whose place is named", async () => {
      const bad = (more: Attributes) => repo.insert(Order, { ...whole(), ...more } as never, { tenant });
      await expect(bad({ first: line(null) })).rejects.toEqual(refused("first.article", "article", "Line"));
      await expect(bad({ lines: [line(), line(null)] })).rejects.toEqual(
        refused("lines[1].article", "article", "Line"),
      );
      await expect(bad({ parts: [{ name: "p" }, {}] })).rejects.toEqual(
        refused("parts[1].name", "name", "Part"),
      );
      await expect(bad({ seal: {} })).rejects.toEqual(refused("seal.number", "number", "Seal"));
      await expect(
        repo.insert(Part, { name: "p", order: { title: "t" } } as never, { tenant }),
      ).rejects.toMatchObject({ path: expect.stringMatching(/^order\./) });
      expect([await rows(), await repo.count(Part, { tenant })]).toEqual([0, 0]);
    });
  });

  describe("of changesets", () => {
    const blank = (field: string) => ({ field, message: "can't be blank", meta: { validation: "required" } });
    const errorsOf = async (changeset: Changeset<never> | object) => {
      const tried = await repo.tryInsert(changeset as Changeset<Order>, { tenant });
      return tried.ok ? [] : tried.changeset.errors;
    };

    test("are errors of their fields, beside those of other rules", async () => {
      expect(await errorsOf(cast(Order, { title: "" }, ["title"]))).toEqual([
        blank("title"),
        blank("meta"),
        blank("first"),
      ]);
      const ruled = cast(Order, { title: "" }, ["title", "note"])
        .validateRequired(["title", "note"])
        .putChange("meta", { n: 1 });
      expect(await errorsOf(ruled)).toEqual([blank("title"), blank("note"), blank("first")]);
      await expect(repo.insert(cast(Order, {}, ["title"]), { tenant })).rejects.toBeInstanceOf(
        InvalidChangesetError,
      );
      await expect(repo.insertOrUpdate(cast(Order, {}, ["title"]), { tenant })).rejects.toThrow(
        "can't be blank",
      );
      expect(await rows()).toBe(0);
    });

    test("are errors where they are missing, on every level", async () => {
      const changeset = change(build(Order, whole()))
        .putEmbed("lines", [{ article: "a" }, { note: "x" }])
        .putAssoc("parts", [{ name: "p" }, {}])
        .putAssoc("seal", {});
      const tried = await repo.tryInsert(changeset, { tenant });
      expect(tried.ok ? {} : tried.changeset.traverseErrors()).toEqual({
        lines: [{}, { article: ["can't be blank"] }],
        parts: [{}, { name: ["can't be blank"] }],
        seal: { number: ["can't be blank"] },
      });
      expect(await errorsOf(change(build(Order, { ...whole(), first: line(null) })))).toMatchObject([
        { field: "first", message: "is invalid", meta: { validation: "required" } },
      ]);
      expect([await rows(), await repo.count(Part, { tenant })]).toEqual([0, 0]);
    });

    test("are decided after prepareChanges, which may fill them or take them away", async () => {
      const filling = cast(Order, {}, []).prepareChanges((given) =>
        (given as Changeset<Order>).putChange("title", "from there"),
      );
      expect(await errorsOf(filling)).toMatchObject([blank("title"), blank("meta"), blank("first")]);
      const taking = change(build(Order, whole())).prepareChanges((given) =>
        (given as Changeset<Order>).putChange("title", null as never),
      );
      await expect(repo.insert(taking, { tenant })).rejects.toThrow("title: can't be blank");
      expect(await rows()).toBe(0);
    });
  });

  describe("of stored records", () => {
    test("cannot be emptied, by whatever way", async () => {
      const order = await repo.insert(Order, { ...whole(), parts: [{ name: "p" }] }, { tenant });
      const empty = { title: null } as never;
      expect(await repo.tryUpdate(change(order, empty))).toMatchObject({ ok: false });
      await expect(repo.update(cast(order, { title: " " }, ["title"]))).rejects.toThrow(
        "title: can't be blank",
      );
      await expect(repo.update(change(order).putEmbed("first", null as never))).rejects.toThrow(
        "first: can't be blank",
      );
      await expect(repo.updateAll(from(Order).scan(), empty, { tenant })).rejects.toThrow(
        "title: can't be blank",
      );
      await expect(repo.updateAll(from(Order).scan(), () => empty, { tenant })).rejects.toThrow(
        "can't be blank",
      );
      const part = await repo.oneOrThrow(from(Part).scan().preload("order"), { tenant });
      await expect(repo.update(change(part).putAssoc("order", null))).rejects.toThrow(
        "orderId: can't be blank",
      );
      const letGo = change(await repo.preload(order, "parts")).putAssoc("parts", []);
      await expect(repo.update(letGo)).rejects.toThrow("orderId: can't be blank");
      expect(await repo.getOrThrow(Order, "1", { tenant })).toMatchObject({ title: "t" });
      expect((await repo.getOrThrow(Part, part.id, { tenant })).orderId).toBe("1");
    });

    test("may be missing in rows of an older release, which load and are changed elsewhere", async () => {
      await repo.insert(OldOrder, { id: "old" }, { tenant });
      const old = await repo.getOrThrow(Order, "old", { tenant });
      expect([old.title, old.meta, old.tags]).toEqual([null, null, null]);
      const noted = await repo.update(change(old, { note: "x" }));
      expect(noted).toMatchObject({ note: "x", title: null });
      await repo.updateAll(from(Order).scan(), { note: "y" }, { tenant });
      expect((await repo.update(change(noted, { title: "now" }))).title).toBe("now");
      await expect(repo.update(change(noted, { title: null as never, note: "z" }))).resolves.toMatchObject(
        {},
      );
      await repo.delete(noted);
    });
  });
});
