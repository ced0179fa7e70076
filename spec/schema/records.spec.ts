import { inspect } from "node:util";
import { describe, expect, test } from "@jest/globals";
import { InvalidValueError, UnknownFieldError } from "../../lib/errors.js";
import {
  build,
  EmbeddedSchema,
  EmbedsMany,
  EmbedsOne,
  Field,
  getMeta,
  hydrate,
  InsertedAt,
  PrimaryKey,
  Schema,
  schemaOf,
  setMeta,
} from "../../lib/schema/index.js";
import { Product, Review } from "./catalog.js";

@EmbeddedSchema()
class Address {
  @Field("string") declare street: string;
  @Field("string", { tag: 2 }) declare city: string | null;
}

@EmbeddedSchema()
class Line {
  @PrimaryKey("uuid", { autogenerate: true }) declare id: string;
  @Field("decimal") declare price: string;
  @InsertedAt() declare insertedAt: Date;
}

@Schema("orders")
class Order {
  @PrimaryKey("id") declare id: number;
  @Field("string", { default: "open" }) declare status: string;
  @Field({ array: "string" }, { default: [] }) declare tags: string[];
  @Field("integer", { default: () => 7 }) declare lucky: number;
  @Field("string", { redact: true }) declare secret: string | null;
  @Field("string", { virtual: true, default: "hi" }) declare greeting: string;
  @EmbedsOne(() => Address) declare address: EmbedsOne<Address>;
  @EmbedsMany(() => Line) declare lines: EmbedsMany<Line>;

  total(): number {
    return this.lines.length;
  }
}

describe("build", () => {
  test("fills in defaults, each record with its own", () => {
    const [a, b] = [build(Order), build(Order, { status: undefined })];
    expect(a).toMatchObject({ id: null, status: "open", tags: [], lucky: 7, greeting: "hi", lines: [] });
    a.tags.push("x");
    expect(b.tags).toEqual([]);
    expect(build(Order, { status: null as never }).status).toBeNull();
    expect(getMeta(a)).toEqual({ state: "built" });
  });

  test("refuses unknown and inherited names, and writes nothing through them", () => {
    expect(() => build(Order, { state: "x" } as never)).toThrow(UnknownFieldError);
    expect(() => build(Order, { state: "x" } as never)).toThrow(/Did you mean "status"\?/);
    expect(() => build(Order, JSON.parse('{"__proto__":{"status":"x"}}') as never)).toThrow(
      UnknownFieldError,
    );
    expect(() => build(Order, { constructor: 1 } as never)).toThrow(UnknownFieldError);
    expect(build(Order, Object.create({ status: "inherited" }) as never).status).toBe("open");
    expect(() => build(Order, null as never)).toThrow(InvalidValueError);
  });

  test("takes a related record for its key", () => {
    const product = build(Product, { id: "p1" });
    expect(build(Review, { product })).toMatchObject({ productId: "p1", product });
    expect(build(Review, { product, productId: "p1" }).productId).toBe("p1");
    expect(() => build(Review, { product, productId: "p2" })).toThrow(/both productId and product/);
  });

  test("makes records of embeds, with what they generate", () => {
    const order = build(Order, {
      address: { street: "Main", city: null },
      lines: [{ price: "1.50" } as Line],
    });
    expect(order.address).toBeInstanceOf(Address);
    expect(order.lines[0]).toBeInstanceOf(Line);
    expect(order.lines[0]?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(order.lines[0]?.insertedAt).toBeInstanceOf(Date);
    expect(order.total()).toBe(1);
  });
});

describe("hydrate", () => {
  test("makes plain records whose fields are their only own properties", () => {
    const order = hydrate(schemaOf(Order), { id: 1, status: "x" });
    expect(order).toBeInstanceOf(Order);
    expect(Object.keys(order)).toEqual([
      "id",
      "status",
      "tags",
      "lucky",
      "secret",
      "address",
      "lines",
      "greeting",
    ]);
    expect(order).toMatchObject({ tags: null, greeting: "hi" });
    setMeta(order, { state: "loaded", tenant: "t" });
    expect(getMeta(order)).toEqual({ state: "loaded", tenant: "t" });
    expect(JSON.parse(JSON.stringify(order))).toMatchObject({ id: 1, status: "x", secret: null });
    expect(structuredClone(order)).toEqual({ ...order });
  });

  test("does not run constructors, whose initialisers would wipe what was read", () => {
    @Schema("wiped")
    class Wiped {
      @PrimaryKey("id") id!: number;
      @Field("string") name!: string;
      constructor() {
        throw new Error("ran");
      }
    }
    expect({ ...hydrate(schemaOf(Wiped), { id: 1, name: "kept" }) }).toEqual({ id: 1, name: "kept" });
  });
});

describe("embeds", () => {
  test("are stored by their fields' stored names and come back as records", () => {
    const info = schemaOf(Order);
    const address = build(Address, { street: "Main", city: "Bonn" });
    const stored = info.field("address").type.dump(address);
    expect(stored).toEqual({ street: "Main", "2": "Bonn" });
    const back = info.field("address").type.load(stored);
    expect(back).toBeInstanceOf(Address);
    expect(back).toEqual(address);
    expect(info.field("lines").type.load(info.field("lines").type.dump([]))).toEqual([]);
    expect(info.field("address").type.equal?.(address, back)).toBe(true);
    expect(info.field("address").type.equal?.(address, build(Address, { street: "Side" }))).toBe(false);
  });

  test("name the field that does not fit, inside", () => {
    const bad = build(Order, { address: { street: 5 as never, city: null } });
    expect(() => schemaOf(Order).field("address").type.dump(bad.address)).toThrow(
      /^Order\.address \(embedsOne\).*Address\.street \(string\) cannot hold 5/,
    );
    expect(() => schemaOf(Order).field("lines").type.dump("x")).toThrow(InvalidValueError);
  });
});

describe("a redacted field", () => {
  test("is masked where Node prints the record, and nowhere else", () => {
    const order = build(Order, { id: 1, secret: "hunter2" });
    expect(inspect(order)).toContain("Order {");
    expect(inspect(order)).toContain("secret: '**redacted**'");
    expect(inspect({ nested: [order] }, { depth: 5 })).not.toContain("hunter2");
    expect(`${inspect({ a: { b: { order } } }, { depth: 1 })}`).not.toContain("hunter2");
    expect(order.secret).toBe("hunter2");
    expect(Object.keys(order)).not.toContain("nodejs.util.inspect.custom");
    expect(inspect(build(Order, { id: 1 }))).toContain("secret: null");
    expect(inspect(build(Product, { id: "p" }))).toContain("id: 'p'");
    const unread = Object.defineProperty(build(Order, { secret: "hunter2" }), "id", {
      enumerable: true,
      get() {
        throw new Error("not yet");
      },
    });
    expect(inspect(unread)).toMatch(/Order \{\s+id: \[Getter\],[\s\S]*secret: '\*\*redacted\*\*'/);
  });
});
