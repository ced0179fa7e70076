import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  cast,
  change,
  create,
  defaultEmptyValues,
  dump,
  enumOf,
  enumValues,
  Field,
  from,
  getMeta,
  InvalidValueError,
  index,
  load,
  Migration,
  PrimaryKey,
  Repo,
  Schema,
  SchemaError,
  Tenant,
  UnknownFieldError,
  UtcDateTime,
} from "../../lib/index.js";

@Schema("tickets", { redact: "allButKeys" })
class Ticket {
  @PrimaryKey("string") declare id: string;
  @Field(enumOf({ open: 2, closed: 1 })) declare state: "open" | "closed" | null;
  @Field("utc_datetime_usec") declare at: Date | null;
  @Field("naive_datetime") declare local: string | null;
  @Field("duration") declare takes: string | null;
  @Field({ map: "bigint" }, { source: "n" }) declare numbers: Record<string, bigint> | null;
}

class Tickets extends Migration {
  change() {
    return [
      create(index(Ticket, ["state"])),
      create(index(Ticket, ["at"])),
      create(index(Ticket, ["local"])),
    ];
  }
}

let repo: Repo;
let tenant: Tenant;
beforeAll(async () => {
  repo = new Repo({ url: "memory:", storageId: "data", migrations: [[1, Tickets]] });
  tenant = await Tenant.openEmpty(repo, "t");
});
afterAll(() => repo.close());

const fields = ["state", "at", "local", "takes", "numbers"] as const;
const params = {
  state: "open",
  at: "2026-01-31T10:00:00.123456Z",
  local: "2026-01-31 10:00",
  takes: "p1m0dt90.50s",
  numbers: { a: "12345678901234567890" },
};

describe("types", () => {
  test("keep what is cast through store, keys and back", async () => {
    const ticket = new Ticket();
    void ticket;
    const changeset = cast(Ticket, params, [...fields]).putChange("id", "t1");
    expect(changeset.errors).toEqual([]);
    await repo.insert(changeset, { tenant });
    const read = await repo.getOrThrow(Ticket, "t1", { tenant });
    expect(read.at).toBeInstanceOf(Date);
    expect((read.at as UtcDateTime).epochMicroseconds).toBe(1_769_853_600_123_456n);
    expect(read.at?.toISOString()).toBe("2026-01-31T10:00:00.123456Z");
    expect([read.state, read.local, read.takes]).toEqual(["open", "2026-01-31T10:00:00", "P1MT90.5S"]);
    expect(read.numbers).toEqual({ a: 12345678901234567890n });
    const at = UtcDateTime.from("2026-01-31T10:00:00.123457Z");
    await repo.insert(Ticket, { id: "t2", at, state: "closed" }, { tenant });
    const ids = from(Ticket).select("id");
    expect(await repo.all(ids.where({ at: { gt: read.at as Date } }), { tenant })).toEqual(["t2"]);
    expect(await repo.all(ids.orderBy("at"), { tenant })).toEqual(["t1", "t2"]);
    expect(await repo.all(ids.orderBy("state"), { tenant })).toEqual(["t2", "t1"]);
    expect(
      await repo.all(
        from(Ticket)
          .where({ local: { gte: "2026-01-31T10:00:00" } })
          .select("local"),
        { tenant },
      ),
    ).toEqual(["2026-01-31T10:00:00"]);
    const moved = await repo.update(change(read, { at }));
    expect((moved.at as UtcDateTime).microsecond).toBe(457);
  });

  test("a moment without microseconds is a plain Date; one that a setter has moved has none either", () => {
    const plain = cast({ data: {}, types: { at: "utc_datetime_usec" } }, { at: "2026-01-31T10:00:00.5Z" }, [
      "at",
    ]);
    expect(plain.getChange("at" as never)).toStrictEqual(new Date("2026-01-31T10:00:00.500Z"));
    const moved = UtcDateTime.from(-1n);
    expect([moved.getTime(), moved.microsecond]).toEqual([-1, 999]);
    expect(() => UtcDateTime.from("soon")).toThrow(InvalidValueError);
    expect(() => UtcDateTime.from(1n << 90n)).toThrow(InvalidValueError);
  });

  test("refuse what is none of theirs", () => {
    const bad = {
      local: "2026-01-31T10:00:00Z",
      takes: "P",
      numbers: { a: null },
      state: "1",
      at: "2026-02-30T00:00Z",
    };
    const { errors } = cast(Ticket, bad, [...fields]);
    expect(errors.map(({ field }) => field).sort()).toEqual([...fields].sort());
    expect(() => enumOf({ a: 1, b: 1 })).toThrow(SchemaError);
    expect(() => enumOf({ a: 1, b: "x" } as never)).toThrow(SchemaError);
    expect(() => enumOf({} as never)).toThrow(SchemaError);
  });
});

describe("reflection and plain data", () => {
  test("enumValues names the values, and refuses other fields", () => {
    expect(enumValues(Ticket, "state")).toEqual(["open", "closed"]);
    expect(() => enumValues(Ticket, "id")).toThrow(SchemaError);
    expect(() => enumValues(Ticket, "nope" as never)).toThrow(UnknownFieldError);
  });

  test("dump and load are each other's inverse, by stored names", async () => {
    const read = await repo.getOrThrow(Ticket, "t1", { tenant });
    const stored = dump(read);
    expect(stored).toMatchObject({ id: "t1", state: 2, n: { a: 12345678901234567890n } });
    const loaded = load(Ticket, stored);
    expect({ ...loaded }).toEqual({ ...read });
    expect(getMeta(loaded)?.state).toBe("loaded");
    expect(() => load(Ticket, { numbers: {} })).toThrow(UnknownFieldError);
    expect(() => load(Ticket, { state: "x" })).toThrow();
    expect(() => load(Ticket, null as never)).toThrow(InvalidValueError);
    expect(() => dump({})).toThrow(InvalidValueError);
  });

  test("redacted fields are masked in JSON as in inspection, keys are not", async () => {
    const read = await repo.getOrThrow(Ticket, "t1", { tenant });
    const shown = JSON.parse(JSON.stringify(read)) as Record<string, unknown>;
    expect(shown).toMatchObject({ id: "t1", state: "**redacted**", numbers: "**redacted**" });
    expect(read.state).toBe("open");
  });
});

test("decorators refuse unknown options, flags that are none, and defaults of another type", () => {
  const define = (decorate: () => PropertyDecorator) => () => {
    class Wrong {}
    decorate()(Wrong.prototype, "field");
  };
  const refused = (...given: unknown[]) =>
    expect(define(() => (Field as (...all: unknown[]) => PropertyDecorator)(...given))).toThrow(SchemaError);
  refused("string", { defualt: "" });
  refused("string", { virtual: 1 });
  refused("integer", { default: "1" });
  refused({ array: "string" }, { default: [1] });
  expect(
    define(() => (PrimaryKey as (...all: unknown[]) => PropertyDecorator)("string", { virtual: true })),
  ).toThrow(SchemaError);
  expect(() => Schema("x", { redact: "all" } as never)(class X {} as never)).toThrow(SchemaError);
});

test("changesets tell where a value comes from, their rules, and what counts as empty", () => {
  const types = { name: "string", age: "integer" } as const;
  const changeset = cast({ data: { age: 3 }, types }, { name: "Ada" }, ["name", "age"]).validateLength(
    "name",
    { min: 2 },
  );
  expect(changeset.fetchField("name")).toEqual({ from: "changes", value: "Ada" });
  expect(changeset.fetchField("age")).toEqual({ from: "data", value: 3 });
  expect(() => changeset.fetchField("nope" as never)).toThrow(UnknownFieldError);
  expect(changeset.traverseValidations(({ validation }) => validation)).toEqual({ name: ["length"] });
  const emptied = cast({ data: { name: "x" }, types }, { name: "n/a" }, ["name"], {
    emptyValues: [...defaultEmptyValues, "n/a"],
  });
  expect(emptied.changes).toEqual({ name: null });
});
