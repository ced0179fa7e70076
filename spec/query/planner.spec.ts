import { describe, expect, test } from "@jest/globals";
import {
  create,
  Field,
  from,
  InvalidQueryError,
  index,
  or,
  PrimaryKey,
  type Query,
  Schema,
  UnknownFieldError,
  UnsupportedQueryError,
} from "../../lib/index.js";
import type { IndexInfo, SourceMetadata } from "../../lib/layer/index.js";
import { astOf, explainPlan, planQuery, type Selects } from "../../lib/query/index.js";

@Schema("events")
class Event {
  @PrimaryKey("string") declare id: string;
  @Field("date") declare date: string;
  @Field("string") declare userId: string;
  @Field("time") declare time: string;
  @Field("string") declare data: string | null;
  @Field("json") declare extra: unknown;
}

@Schema("sessions")
class Session {
  @PrimaryKey("string", { partitionBy: "userId" }) declare id: string;
  @Field("string") declare userId: string;
  @Field("string") declare data: string | null;
}

@Schema("accounts")
class Account {
  @PrimaryKey("string") declare id: string;
  @Field("bigint") declare total: bigint | null;
  @Field("utc_datetime") declare at: Date | null;
}

const types: Record<string, string> = {
  date: "date",
  userId: "string",
  time: "time",
  data: "string",
  id: "string",
};

function indexOn(fields: string[], more: Partial<IndexInfo> = {}): IndexInfo {
  return {
    kind: "index",
    source: "events",
    name: `events_${fields.join("_")}_index`,
    fields,
    key: ["id"],
    stored: fields,
    types: fields.map((field) => types[field]!),
    unique: false,
    include: [],
    includeStored: [],
    where: undefined,
    indexer: undefined,
    state: "readable",
    ...more,
  };
}

const metadata = (...indexes: IndexInfo[]): SourceMetadata => ({
  source: "events",
  indexes,
  failed: [],
  logged: false,
  groups: [],
  version: new Uint8Array(),
});

const planOf = (query: Selects<unknown>, ...indexes: IndexInfo[]) => {
  const ast = astOf(query);
  return explainPlan(ast, planQuery(ast, ast.info, metadata(...indexes)));
};
const chosen = (query: Query<Event>, ...indexes: IndexInfo[]) => planOf(query, ...indexes).index;

const range = { gte: "00:00:00", lte: "12:00:00" };

describe("index selection", () => {
  test("of two alike, the first registered", () => {
    expect(
      chosen(
        from(Event).where({ data: "x" }),
        indexOn(["data"], { name: "one" }),
        indexOn(["data"], { name: "two" }),
      ),
    ).toBe("one");
  });

  test.each([0, 1])("the field of the condition decides, in either order of registration (%p)", (swap) => {
    const both = [indexOn(["time"]), indexOn(["userId"])];
    if (swap === 1) both.reverse();
    expect(chosen(from(Event).where({ userId: "u" }), ...both)).toBe("events_userId_index");
  });

  test("equalities before the range", () => {
    const query = from(Event).where({ date: "2070-01-01", userId: "u", time: range });
    expect(chosen(query, indexOn(["date", "time", "userId"]), indexOn(["date", "userId", "time"]))).toBe(
      "events_date_userId_time_index",
    );
    expect(
      chosen(query, indexOn(["date", "time", "userId", "data"]), indexOn(["date", "userId", "time", "data"])),
    ).toBe("events_date_userId_time_data_index");
  });

  test("sufficient before insufficient", () => {
    expect(
      chosen(
        from(Event).where({ date: "2070-01-01" }),
        indexOn(["userId", "time"]),
        indexOn(["date", "time", "userId"]),
      ),
    ).toBe("events_date_time_userId_index");
  });

  test.each(["writeOnly", "deleteOnly"] as const)("an index that is %s answers nothing", (state) => {
    expect(() => chosen(from(Event).where({ data: "x" }), indexOn(["data"], { state }))).toThrow(
      UnsupportedQueryError,
    );
    expect(() => chosen(from(Event).using("events_data_index"), indexOn(["data"], { state }))).toThrow(
      /cannot answer/,
    );
  });

  test("a partial index only when the conditions imply its own", () => {
    const partial = indexOn(["time"], {
      where: [{ field: "data", stored: "data", type: "string", op: "gte", value: "m" }],
    });
    expect(chosen(from(Event).where({ time: range, data: { gte: "m" } }), partial)).toBe("events_time_index");
    expect(() => chosen(from(Event).where({ time: range, data: { gte: "n" } }), partial)).toThrow(
      UnsupportedQueryError,
    );
    expect(() => chosen(from(Event).where({ time: range }), partial)).toThrow(UnsupportedQueryError);
    expect(chosen(from(Event).where({ data: { gte: "m" } }), partial)).toBe("events_time_index");
  });

  test("the primary key closes every index", () => {
    const plan = planOf(
      from(Event)
        .where({ data: "x", id: { gt: "5" } })
        .orderBy("id")
        .limit(3),
      indexOn(["data"]),
    );
    expect(plan).toMatchObject({ index: "events_data_index", requests: 1, sort: null });
    expect(plan.ranges[0]?.text).toBe('data = "x", id > "5"');
  });
});

describe("plans", () => {
  test("a primary key is a Get, several are several, a range is one range", () => {
    expect(planOf(from(Event).where({ id: "a" }))).toMatchObject({
      access: "get",
      requests: 1,
      fetchesRows: false,
    });
    expect(planOf(from(Event).where({ id: { in: ["a", "b", "a"] } }))).toMatchObject({
      access: "get",
      requests: 2,
    });
    expect(planOf(from(Event).where({ id: { gte: "a", lt: "b" } }))).toMatchObject({
      access: "range",
      requests: 1,
    });
  });

  test("contradictions read nothing", () => {
    for (const query of [
      from(Event).where({ data: "a" }).where({ data: "b" }),
      from(Event).where({ id: { gt: "b", lt: "a" } }),
      from(Event).where({ id: { in: [] } }),
      from(Event).where({ data: { isNull: true, gt: "a" } }),
    ]) {
      expect(planOf(query)).toMatchObject({ access: "none", requests: 0 });
    }
  });

  test("conditions on one field fold to the narrowest", () => {
    const plan = planOf(
      from(Event)
        .where({ id: { gt: "a", gte: "c" } })
        .where({ id: { lt: "f" } })
        .where({ id: { lte: "e" } }),
    );
    const same = planOf(from(Event).where({ id: { gte: "c", lte: "e" } }));
    expect(plan.ranges.map(({ begin, end }) => [begin, end])).toEqual(
      same.ranges.map(({ begin, end }) => [begin, end]),
    );
  });

  test("select from the index alone", () => {
    const query = from(Event).where({ data: "x" });
    expect(planOf(query.select(["id", "data"]), indexOn(["data"])).fetchesRows).toBe(false);
    expect(planOf(query.select(["id", "time"]), indexOn(["data"])).fetchesRows).toBe(true);
    expect(
      planOf(query.select(["id", "time"]), indexOn(["data"], { include: ["time"], includeStored: ["time"] }))
        .fetchesRows,
    ).toBe(false);
    expect(planOf(query, indexOn(["data"])).fetchesRows).toBe(true);
  });

  test("an order comes from an index, its reverse, or memory", () => {
    const time = indexOn(["time"]);
    expect(planOf(from(Event).orderBy({ time: "desc" }).limit(1), time)).toMatchObject({
      index: time.name,
      reverse: true,
      sort: null,
    });
    expect(planOf(from(Event).orderBy("time"))).toMatchObject({
      index: null,
      sort: [
        { field: "time", direction: "asc" },
        { field: "id", direction: "asc" },
      ],
    });
    expect(() => planOf(from(Event).orderBy("time").limit(1))).toThrow(
      /create\(index\(Event, \["time"\]\)\)/,
    );
    expect(planOf(from(Event).orderBy("time").limit(1).scan())).toMatchObject({ index: null, limit: 1 });
  });

  test("chained orders add up, and fields fixed to one value decide nothing", () => {
    const by = indexOn(["userId", "date", "time"]);
    const query = from(Event)
      .where({ userId: "u" })
      .orderBy("userId")
      .orderBy("date")
      .orderBy("time")
      .limit(2);
    expect(planOf(query, by)).toMatchObject({ index: by.name, sort: null });
    expect(() => planOf(from(Event).orderBy("date").limit(2), by)).toThrow(/Ordering Event by date asc/);
    expect(() =>
      planOf(from(Event).where({ userId: "u" }).orderBy({ date: "asc", time: "desc" }).limit(2), by),
    ).toThrow(/one direction/);
  });

  test("in: one range for each value, in order or merged", () => {
    const by = indexOn(["userId", "date"]);
    const query = from(Event).where({ userId: { in: ["b", "a"] } });
    expect(planOf(query, by).ranges.map(({ text }) => text)).toEqual(['userId = "a"', 'userId = "b"']);
    expect(planOf(query.orderBy({ userId: "desc" }), by).ranges.map(({ text }) => text)).toEqual([
      'userId = "b"',
      'userId = "a"',
    ]);
    expect(planOf(query.orderBy("date").limit(3), by).text).toMatch(/merged in order/);
  });

  test("a unique index is a Get, and a row that a key names may be tested further", () => {
    const unique = indexOn(["data"], { unique: true });
    expect(planOf(from(Event).where({ data: "x", userId: "u" }), unique)).toMatchObject({
      index: unique.name,
      residual: ['userId eq "u"'],
    });
    expect(planOf(from(Event).where({ id: "1", userId: "u" })).residual).toEqual(['userId eq "u"']);
    expect(() => planOf(from(Event).where({ data: null, userId: "u" }), unique)).toThrow(
      UnsupportedQueryError,
    );
  });

  test("a partition is one range, an id alone is refused", () => {
    expect(planOf(from(Session).where({ userId: "alice", id: { gte: "1" } }))).toMatchObject({
      access: "range",
      requests: 1,
    });
    expect(planOf(from(Session).where({ userId: "alice", id: "1" })).access).toBe("get");
    expect(() => planOf(from(Session).where({ id: { gte: "1" } }))).toThrow(UnsupportedQueryError);
  });
});

describe("refusals", () => {
  test("print the migration line that serves the query, and it does", () => {
    const query = from(Event).where({ userId: "u", time: range }).orderBy({ time: "desc" }).limit(1);
    const line = /create\(index\(Event, (\[.*?\])\)\)/.exec(String(refusalOf(() => planOf(query))))!;
    const fields = JSON.parse(line[1]!) as string[];
    expect(fields).toEqual(["userId", "time"]);
    expect(planOf(query, indexOn(fields))).toMatchObject({ requests: 1, sort: null });
    expect(create(index(Event, ["userId", "time"]))).toBeDefined();
  });

  test("of what no index can serve say so", () => {
    expect(() => planOf(from(Event).where({ time: range, date: { gt: "2024-01-01" } }))).toThrow(
      /ranges on time and date/,
    );
    expect(() =>
      planOf(from(Event).where({ time: range }).orderBy("date").limit(1), indexOn(["time"])),
    ).toThrow(/at once/);
    expect(() => planOf(from(Event).where({ extra: { eq: { a: 1 } } }))).toThrow(/cannot stand in a key/);
    expect(() => planOf(from(Event).distinct("data"))).toThrow(/create\(index\(Event, \["data"\]\)\)/);
    expect(planOf(from(Event).distinct("data"), indexOn(["data"]))).toMatchObject({
      access: "skip",
      requests: null,
    });
  });
});

const refusalOf = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
};

describe("malformed queries", () => {
  test.each([
    ["undefined value", () => from(Event).where({ data: undefined } as never)],
    ["undefined operand", () => from(Event).where({ data: { gt: undefined } } as never)],
    ["undefined in a list", () => from(Event).where({ data: { in: ["a", undefined] } } as never)],
    ["unknown operator", () => from(Event).where({ data: { not: "x" } } as never)],
    ["undefined that is excluded", () => from(Event).where({ data: { ne: undefined } } as never)],
    [
      "undefined in an excluded list",
      () => from(Event).where({ data: { notIn: ["a", undefined] } } as never),
    ],
    ["an excluded list that is none", () => from(Event).where({ data: { notIn: "a" } } as never)],
    ["alternatives that are no list", () => from(Event).where({ or: { data: "a" } } as never)],
    ["an alternative without conditions", () => from(Event).where(or<Event>({ data: "a" }, {}))],
    ["an alternative that is missing", () => from(Event).where({ or: [{ data: "a" }, undefined] } as never)],
    ["a hole among alternatives", () => from(Event).where({ or: Array(2) } as never)],
    ["undefined in an alternative", () => from(Event).where({ or: [{ data: undefined }] } as never)],
    [
      "more alternatives than are read at once",
      () =>
        from(Event).where({
          or: Array.from({ length: 101 }, (_, i) => ({ data: `${i}`, time: "01:00:00" })),
        } as never),
    ],
    ["empty operators", () => from(Event).where({ data: {} } as never)],
    ["no object", () => from(Event).where(undefined as never)],
    ["value of another type", () => from(Event).where({ data: 5 } as never)],
    ["null in a range", () => from(Event).where({ data: { gt: null } } as never)],
    ["prefix of a number", () => from(Event).where({ id: { startsWith: 5 } } as never)],
    ["negative limit", () => from(Event).limit(-1)],
    ["broken limit", () => from(Event).limit(Number.NaN)],
    ["unknown direction", () => from(Event).orderBy({ data: "up" } as never)],
    ["order by json", () => from(Event).orderBy("extra" as never)],
    ["empty select", () => from(Event).select([] as never)],
  ])("%s is refused when the query is made", (_name, run) => {
    expect(run).toThrow(InvalidQueryError);
  });

  test("unknown fields and indexes are named", () => {
    expect(() => from(Event).where({ dat: "x" } as never)).toThrow(UnknownFieldError);
    expect(() => from(Event).select("nope" as never)).toThrow(UnknownFieldError);
    expect(() => planOf(from(Event).using("nope"))).toThrow(/has no index "nope"; .using takes "primary"/);
  });

  test("conditions that are tested in memory are explained for every type of value", () => {
    const query = from(Account).where({ total: { in: [2n ** 64n, null] }, at: { in: [new Date(0)] } });
    expect(planOf(query.scan()).residual).toEqual([
      "total in [18446744073709551616n,null]",
      "at in [1970-01-01T00:00:00.000Z]",
    ]);
  });

  test("hostile names are no fields", () => {
    for (const name of ["__proto__", "constructor", "toString"]) {
      const where = JSON.parse(`{ ${JSON.stringify(name)}: "x" }`);
      expect(() => from(Event).where(where)).toThrow(UnknownFieldError);
    }
  });
});

test("a method that lost its query, and a proxy of one, are told so", () => {
  const query = from(Event);
  const { where } = query;
  const proxied = new Proxy(query, {});
  for (const call of [() => where({ id: "a" }), () => proxied.where({ id: "a" }), () => proxied.limit(1)])
    expect(call).toThrow(InvalidQueryError);
});
