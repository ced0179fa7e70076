import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { create, index, Migration } from "../../lib/migration/index.js";
import { from } from "../../lib/query/index.js";
import { Repo } from "../../lib/repo/index.js";
import {
  EmbeddedSchema,
  EmbedsMany,
  EmbedsOne,
  enumOf,
  Field,
  PrimaryKey,
  Schema,
} from "../../lib/schema/index.js";
import { isWellFormed } from "../../lib/schema/types/code-points.js";
import { Tenant } from "../../lib/tenant/index.js";
import { Versionstamp } from "../../lib/tuple/index.js";
import { runs } from "./runs.js";

@EmbeddedSchema()
class Part {
  @Field("decimal", { tag: 1 }) declare price: string;
  @Field("utc_datetime_usec") declare at: Date | null;
}

@Schema("everything")
class Everything {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("integer", { tag: 5 }) declare integer: number | null;
  @Field("float") declare float: number | null;
  @Field("bigint") declare bigint: bigint | null;
  @Field("boolean", { source: "flag" }) declare boolean: boolean | null;
  @Field("string") declare string: string | null;
  @Field("binary") declare binary: Uint8Array | null;
  @Field("uuid") declare uuid: string | null;
  @Field("date") declare date: string | null;
  @Field("time") declare time: string | null;
  @Field("utc_datetime_usec") declare at: Date | null;
  @Field("decimal") declare decimal: string | null;
  @Field("json") declare json: unknown;
  @Field("versionstamp") declare stamp: Versionstamp | null;
  @Field(enumOf("low", "high")) declare level: "low" | "high" | null;
  @Field({ array: "bigint" }, { default: () => [] }) declare list: bigint[];
  @EmbedsOne(() => Part) declare part: EmbedsOne<Part>;
  @EmbedsMany(() => Part) declare parts: EmbedsMany<Part>;
}

const ordered = [
  "integer",
  "float",
  "bigint",
  "boolean",
  "string",
  "binary",
  "uuid",
  "date",
  "time",
  "at",
  "decimal",
  "stamp",
  "level",
] as const;

class Indexes extends Migration {
  change() {
    return ordered.map((field) => create(index(Everything, [field])));
  }
}

const text = fc.string({ unit: "binary" }).filter(isWellFormed);
const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: null });
const part = fc.record({
  price: fc.integer().map((cents) => (cents / 100).toFixed(2)),
  at: maybe(fc.date({ noInvalidDate: true })),
});
const rows = fc.record({
  integer: maybe(fc.maxSafeInteger()),
  float: maybe(fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)),
  bigint: maybe(fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n })),
  boolean: maybe(fc.boolean()),
  string: maybe(text),
  binary: maybe(fc.uint8Array({ maxLength: 20 })),
  uuid: maybe(fc.uuid()),
  date: maybe(
    fc
      .date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true })
      .map((day) => day.toISOString().slice(0, 10)),
  ),
  time: maybe(fc.constantFrom("00:00:00", "23:59:59.999999", "12:30:00.5")),
  at: maybe(fc.date({ noInvalidDate: true })),
  decimal: maybe(fc.integer().map((cents) => (cents / 100).toFixed(2))),
  json: fc.oneof(fc.jsonValue(), fc.constant(JSON.parse('{"__proto__":{"a":1},"constructor":2}') as unknown)),
  stamp: maybe(
    fc
      .uint8Array({ minLength: 12, maxLength: 12 })
      .map((bytes) => Versionstamp.fromBytes(bytes.map((byte, i) => (i === 0 ? byte & 0x7f : byte)))),
  ),
  level: maybe(fc.constantFrom("low" as const, "high" as const)),
  list: fc.array(fc.bigInt(), { maxLength: 4 }),
  part: maybe(part),
  parts: fc.array(part, { maxLength: 3 }),
});

describe("every type, through a Repo", () => {
  let repo: Repo;
  let _tenant: Tenant;

  beforeAll(async () => {
    repo = new Repo({ url: "memory:", storageId: "types", migrations: [[1, Indexes]] });
    _tenant = await Tenant.openEmpty(repo, "types");
  });
  afterAll(() => repo.close());

  test("comes back as it was, and sorts by an index as values do", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(rows, { minLength: 1, maxLength: 8 }), async (attrs) => {
        await Tenant.clear(repo, "types");
        const mine = await Tenant.open(repo, "types");
        const inserted = [];
        for (const row of attrs) inserted.push(await repo.insert(Everything, row as never, { tenant: mine }));
        for (const [i, record] of inserted.entries()) {
          const read = await repo.getOrThrow(Everything, record.id, { tenant: mine });
          const wanted = attrs[i] as Record<string, unknown>;
          for (const [name, value] of Object.entries(wanted)) {
            const got = (read as unknown as Record<string, unknown>)[name];
            if (value instanceof Versionstamp) expect((got as Versionstamp).equals(value)).toBe(true);
            else if (value instanceof Uint8Array) expect(Buffer.compare(got as Uint8Array, value)).toBe(0);
            else if (name === "json") expect(JSON.stringify(got)).toBe(JSON.stringify(value));
            else if (name === "part" || name === "parts")
              expect(JSON.stringify(got)).toBe(JSON.stringify(value));
            else expect(got).toStrictEqual(value);
          }
        }
        for (const field of ordered) {
          const found = await repo.all(from(Everything).orderBy(field), { tenant: mine });
          expect(found).toHaveLength(attrs.length);
          const values = found.map((record) => (record as never as Record<string, unknown>)[field]);
          for (let i = 1; i < values.length; i++) expect(inOrder(field, values[i - 1], values[i])).toBe(true);
        }
      }),
      runs(15),
    );
  });
});

function inOrder(field: string, a: unknown, b: unknown): boolean {
  if (a === null || b === null) return a === null;
  if (field === "decimal") return Number(a) <= Number(b);
  if (field === "stamp") return (a as Versionstamp).toBigInt() <= (b as Versionstamp).toBigInt();
  if (field === "binary" || field === "string")
    return Buffer.compare(Buffer.from(a as string), Buffer.from(b as string)) <= 0;
  return (a as number) <= (b as number);
}
