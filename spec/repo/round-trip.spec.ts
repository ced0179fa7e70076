import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  cast,
  change,
  EmbeddedSchema,
  EmbedsMany,
  EmbedsOne,
  enumOf,
  Field,
  from,
  PrimaryKey,
  Repo,
  Schema,
  Tenant,
} from "../../lib/index.js";
import { runs, timeout } from "./runs.js";

@EmbeddedSchema()
class Part {
  @Field("integer") declare integer: number | null;
  @Field("float") declare float: number | null;
  @Field("bigint") declare bigint: bigint | null;
  @Field("binary") declare binary: Uint8Array | null;
  @Field("utc_datetime") declare second: Date | null;
  @Field("json") declare json: unknown;
}

@Schema("wholes")
class Whole {
  @PrimaryKey("id") declare id: number;
  @Field("integer") declare integer: number | null;
  @Field("float") declare float: number | null;
  @Field("bigint") declare bigint: bigint | null;
  @Field("boolean") declare boolean: boolean | null;
  @Field("string") declare string: string | null;
  @Field("binary") declare binary: Uint8Array | null;
  @Field("uuid") declare uuid: string | null;
  @Field("time") declare time: string | null;
  @Field("utc_datetime") declare second: Date | null;
  @Field("utc_datetime_usec") declare instant: Date | null;
  @Field("decimal") declare decimal: string | null;
  @Field("json") declare json: unknown;
  @Field(enumOf("a", "b")) declare name: "a" | "b" | null;
  @Field({ array: "float" }) declare floats: number[] | null;
  @Field({ array: "utc_datetime_usec" }) declare instants: Date[] | null;
  @Field({ array: { array: "binary" } }) declare binaries: Uint8Array[][] | null;
  @EmbedsOne(() => Part, { onReplace: "delete" }) declare part: Part | null;
  @EmbedsMany(() => Part, { onReplace: "delete" }) declare parts: Part[];
}

const integer = fc.oneof(fc.maxSafeInteger(), fc.constant(-0));
const float = fc.double({ noNaN: true, noDefaultInfinity: true });
const bigint = fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n });
const binary = fc.uint8Array({ maxLength: 20 });
const instant = fc.oneof(
  fc.date({ noInvalidDate: true }),
  fc.constantFrom(new Date(-1), new Date(8.64e15), new Date(-8.64e15), new Date(-62_198_755_200_001)),
);
const string = fc.string({ unit: "binary", maxLength: 20 });
const json = fc.jsonValue({ depthSize: "small" });
const decimal = fc
  .tuple(fc.constantFrom("", "-", "+"), fc.nat(), fc.nat(999), fc.integer({ min: -5, max: 5 }))
  .map(([sign, whole, fraction, exponent]) => `${sign}${whole}.${fraction}e${exponent}`);
const time = fc
  .tuple(fc.nat(23), fc.nat(59), fc.nat(59), fc.nat(999_999))
  .map(
    ([h, m, s, f]) =>
      `${[h, m, s].map((n) => String(n).padStart(2, "0")).join(":")}.${String(f).padStart(6, "0")}`,
  );
const some = <T extends object>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(shape, { requiredKeys: [], noNullPrototype: true });

const part = some({ integer, float, bigint, binary, second: instant, json });
const whole = some({
  integer,
  float,
  bigint,
  boolean: fc.boolean(),
  string,
  binary,
  uuid: fc.uuid().map((text) => text.toUpperCase()),
  time,
  second: instant,
  instant,
  decimal,
  json,
  name: fc.constantFrom("a" as const, "b" as const),
  floats: fc.array(float, { maxLength: 3 }),
  instants: fc.array(instant, { maxLength: 3 }),
  binaries: fc.array(fc.array(binary, { maxLength: 2 }), { maxLength: 2 }),
  part,
  parts: fc.array(part, { maxLength: 2 }),
});

let repo: Repo;
let tenant: Tenant;
let id = 0;
beforeAll(async () => {
  repo = new Repo({ url: "memory:", storageId: "round-trip" });
  tenant = await Tenant.openEmpty(repo, "round-trip");
});
afterAll(() => repo.close());

const input = [
  "integer",
  "float",
  "bigint",
  "boolean",
  "string",
  "uuid",
  "time",
  "second",
  "instant",
  "decimal",
  "json",
  "name",
  "floats",
  "instants",
] as const;

test(
  "what a write returns is what every read gives, and giving it back is no change",
  async () => {
    await fc.assert(
      fc.asyncProperty(whole, async (values) => {
        const attrs = values as never as Partial<Whole>;
        const inserted = await repo.insert(Whole, { ...attrs, id: ++id }, { tenant });
        const read = await repo.getOrThrow(Whole, id, { tenant });
        expect(inserted).toStrictEqual(read);
        expect(await repo.all(from(Whole).where({ id }), { tenant })).toStrictEqual([read]);
        const { id: _, ...fields } = read;
        for (const given of [attrs, fields]) expect(change(read, given as never).changes).toEqual({});
        const sent = cast(read, JSON.parse(JSON.stringify(read)), input);
        expect([sent.errors, sent.changes]).toEqual([[], {}]);

        const empty = await repo.insert(Whole, { id: ++id }, { tenant });
        const updated = await repo.update(change(empty, attrs as never));
        expect(updated).toStrictEqual(Object.assign(Object.create(Whole.prototype), read, { id }));
        expect(await repo.reload(updated)).toStrictEqual(updated);
        const { records } = await repo.insertAll(Whole, [{ ...attrs, id }], {
          tenant,
          onConflict: "replaceAll",
        });
        expect(records).toStrictEqual([updated]);
        expect(await repo.delete(updated)).toStrictEqual(updated);
      }),
      runs(150),
    );
  },
  timeout(30_000),
);

const EMBEDS = new Set(["part", "parts"]);

/** Changes what the value holds, as a program does that edits what it read; undefined where there is nothing to edit. */
function editInside(value: unknown, at: number): boolean {
  if (value instanceof Date) {
    value.setTime(value.getTime() >= 0 ? value.getTime() - 1_000 : value.getTime() + 1_000);
    return true;
  }
  if (value instanceof Uint8Array) {
    if (value.length === 0) return false;
    value[at % value.length]! ^= 1;
    return true;
  }
  if (Array.isArray(value)) {
    if (value.length === 0) return false;
    if (at % 2 === 0 && editInside(value[at % value.length], at >> 1)) return true;
    value.splice(at % value.length, 1);
    return true;
  }
  if (typeof value !== "object" || value === null) return false;
  const keys = Object.keys(value);
  const inner = value as Record<string, unknown>;
  if (keys.length === 0) return false;
  const key = keys[at % keys.length]!;
  if (editInside(inner[key], at >> 1)) return true;
  if (inner[key] === null) return false;
  inner[key] = null;
  return true;
}

test(
  "what is edited in place is stored when it is named, and never given back as if it were stored",
  async () => {
    const fields = fc.constantFrom(...input, "binary", "binaries", "part", "parts");
    const edits = fc.record({ values: whole, other: whole, field: fields, at: fc.nat(1_000) });
    let edited = 0;
    await fc.assert(
      fc.asyncProperty(edits, async ({ values, other, field, at }) => {
        await repo.insert(Whole, { ...(values as never as Partial<Whole>), id: ++id }, { tenant });
        const stored = async () => repo.getOrThrow(Whole, id, { tenant });
        const before = await stored();
        const record = await stored();
        const open = record as unknown as Record<string, unknown>;
        if (!editInside(open[field], at)) {
          if (EMBEDS.has(field)) return;
          open[field] = (other as Record<string, unknown>)[field] ?? null;
        }
        const same = change(before, { [field]: open[field] } as never);
        const differs = Object.keys(same.changes).length > 0;
        if (differs) edited++;
        const nothing = await repo.update(change(record)).catch((error: { code?: string }) => error.code);
        expect(differs ? nothing : "refused").toBe(differs ? "change_refused" : "refused");
        if (!differs) expect(nothing).toBe(record);
        expect(await stored()).toStrictEqual(before);
        const named = await repo.update(change(record, { [field]: open[field] } as never));
        if (differs) expect(named).toStrictEqual(await stored());
        expect(change(named, { [field]: open[field] } as never).changes).toEqual({});
        const boolean = field === "boolean" ? {} : { boolean: named.boolean !== true };
        const elsewhere = await repo.update(change(await edit(stored, field, open[field]), boolean as never));
        expect(elsewhere).toStrictEqual(await stored());
      }),
      runs(150),
    );
    expect(edited).toBeGreaterThan(20);
  },
  timeout(30_000),
);

/** The record as it is stored now, with a field assigned. */
async function edit(stored: () => Promise<Whole>, field: string, value: unknown): Promise<Whole> {
  const record = await stored();
  (record as unknown as Record<string, unknown>)[field] = value;
  return record;
}
