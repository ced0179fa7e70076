import { describe, expect, test } from "@jest/globals";
import { SchemaError, UnknownFieldError } from "../../lib/errors.js";
import {
  BelongsTo,
  build,
  EmbeddedSchema,
  EmbedsOne,
  Field,
  HasMany,
  InsertedAt,
  PrimaryKey,
  Schema,
  schemaOf,
} from "../../lib/schema/index.js";
import type { Versionstamp } from "../../lib/tuple/index.js";
import { Review } from "./catalog.js";

function refusal(define: () => unknown): string {
  try {
    define();
  } catch (error) {
    expect(error).toBeInstanceOf(SchemaError);
    return (error as Error).message;
  }
  throw new Error("Nothing was thrown.");
}

describe("types left out", () => {
  test("are read from the declaration where the compiler records it", () => {
    @Schema("plain")
    class Plain {
      @PrimaryKey() declare id: string;
      @Field() declare text: string;
      @Field() declare amount: number;
      @Field() declare done: boolean;
      @Field() declare count: bigint;
      @Field() declare at: Date;
      @Field() declare bytes: Uint8Array;
      @Field() declare buffer: Buffer;
      @Field({ default: "x" }) declare other: string;
    }
    expect(schemaOf(Plain).fields.map(({ type }) => type.name)).toEqual([
      "binary_id",
      "string",
      "float",
      "boolean",
      "bigint",
      "utc_datetime_usec",
      "binary",
      "binary",
      "string",
    ]);
    @Schema("numbered")
    class Numbered {
      @PrimaryKey() declare id: number;
    }
    expect(schemaOf(Numbered).primaryKey.type.name).toBe("id");
  });

  const decorate = Field() as PropertyDecorator;
  const unclear: [string, () => void][] = [
    [
      "null",
      () => {
        class Sample {
          @decorate declare nickname: string | null;
        }
        void Sample;
      },
    ],
    [
      "a list",
      () => {
        class Sample {
          @decorate declare nickname: string[];
        }
        void Sample;
      },
    ],
    [
      "an object",
      () => {
        class Sample {
          @decorate declare nickname: { readonly a: 1 };
        }
        void Sample;
      },
    ],
    [
      "a Map",
      () => {
        class Sample {
          @decorate declare nickname: Map<string, string>;
        }
        void Sample;
      },
    ],
  ];
  test.each(unclear)("throw at once for %s, with the line to write", (_, define) => {
    const message = refusal(define);
    expect(message).toContain("Sample.nickname");
    expect(message).toContain('@Field("string") declare nickname: string | null');
  });
});

describe("registration refuses", () => {
  test("a class without a primary key, naming the line", () => {
    expect(
      refusal(() => {
        @Schema("x")
        class Keyless {
          @Field("string") declare a: string;
        }
        return Keyless;
      }),
    ).toMatch(/Keyless has no primary key.*@PrimaryKey\("binary_id"/s);
  });

  test("two keys of an embedded schema, and a partition beside two keys", () => {
    expect(
      refusal(() => {
        @EmbeddedSchema()
        class Twice {
          @PrimaryKey("id") declare a: number;
          @PrimaryKey("id") declare b: number;
        }
        return Twice;
      }),
    ).toMatch(/Twice is embedded and has the keys a and b/);
    expect(
      refusal(() => {
        @Schema("x")
        class Both {
          @PrimaryKey("id", { partitionBy: "c" }) declare a: number;
          @PrimaryKey("id") declare b: number;
          @Field("string") declare c: string;
        }
        return Both;
      }),
    ).toMatch(/Both has the keys a and b, and { partitionBy: "c" }/);
  });

  test("options that a decorator does not have, and values that they cannot have", () => {
    const field = (options: object) => () => {
      @Schema("x")
      class Optioned {
        @PrimaryKey("id") declare id: number;
        @Field("string", options) declare name: string | null;
      }
      return Optioned;
    };
    expect(refusal(field({ writeable: "never" }))).toMatch(/@Field has no option "writeable".*"writable"/);
    expect(refusal(field({ writable: "once" }))).toMatch(
      /Optioned\.name: { writable } is "always", "insert", "never"/,
    );
    expect(refusal(field({ writable: "insert", onViolation: "log" }))).toMatch(/{ onViolation } is "raise"/);
    expect(refusal(field({ onViolation: "warn" }))).toMatch(/would never apply/);
    expect(refusal(field({ writable: "never", default: "x" }))).toMatch(/leave { default } out/);
    expect(refusal(field({ writable: "insert", virtual: true }))).toMatch(/never stored/);
    for (const autogenerate of ["v1", "yes", 4]) {
      expect(
        refusal(() => {
          @Schema("x")
          class Generated {
            @PrimaryKey("uuid", { autogenerate: autogenerate as never }) declare id: string;
          }
          return Generated;
        }),
      ).toMatch(/{ autogenerate } is true, false, "v4" or "v7"/);
    }
    expect(
      refusal(() => {
        @Schema("x")
        class Numbered {
          @PrimaryKey("string", { autogenerate: "v4" }) declare id: string;
        }
        return Numbered;
      }),
    ).toMatch(/"v4"/);
  });

  test("a property with two decorators", () => {
    expect(
      refusal(() => {
        class Doubled {
          @Field("string") @Field("string") declare name: string;
        }
        void Doubled;
      }),
    ).toMatch(/Doubled\.name is declared twice/);
  });

  test("names that every object has, and thenables", () => {
    for (const name of ["constructor", "toString", "then", "__proto__", "hasOwnProperty"]) {
      class Reserved {}
      const message = refusal(() => (Field("string") as PropertyDecorator)(Reserved.prototype, name));
      expect(message).toContain(`Reserved.${name}`);
    }
  });

  test("one tag twice, and tags that are no integer from 0", () => {
    expect(
      refusal(() => {
        @Schema("x")
        class Tagged {
          @PrimaryKey("id", { tag: 1 }) declare id: number;
          @Field("string", { tag: 1 }) declare name: string;
        }
        return Tagged;
      }),
    ).toMatch(/Tagged\.name has the tag 1 of Tagged\.id/);
    for (const tag of [-1, 1.5, Number.NaN]) {
      expect(
        refusal(() => {
          @Schema("x")
          class Tagged {
            @PrimaryKey("id") declare id: number;
            @Field("string", { tag }) declare name: string;
          }
          return Tagged;
        }),
      ).toMatch(/Tagged\.name has the tag/);
    }
  });

  test("one stored name twice", () => {
    expect(
      refusal(() => {
        @Schema("x")
        class Stored {
          @PrimaryKey("id") declare id: number;
          @Field("string") declare name: string;
          @Field("string", { source: "name" }) declare title: string;
        }
        return Stored;
      }),
    ).toMatch(/Stored\.title is stored under "name", as Stored\.name is/);
  });

  test("keys that cannot be generated or have no order", () => {
    expect(
      refusal(() => {
        @Schema("x")
        class A {
          @PrimaryKey("json") declare id: string;
        }
        void A;
      }),
    ).toMatch(/A\.id is of type json, which has no order/);
    expect(
      refusal(() => {
        @Schema("x")
        class C {
          @PrimaryKey("integer", { autogenerate: true }) declare id: number;
        }
        void C;
      }),
    ).toMatch(/C\.id is of type integer, whose values cannot be generated.*"binary_id"/s);
  });

  test("a foreign key that is no field, here or there", () => {
    expect(
      refusal(() => {
        class Lost {
          @PrimaryKey("id") declare id: number;
          declare otherId: number;
          @BelongsTo(() => Lost, "otherId") declare other: BelongsTo<Lost>;
        }
        Schema("x")(Lost);
      }),
    ).toMatch(/Lost\.other relates by Lost\.otherId.*@Field\("binary_id"\) declare otherId: string/s);

    @Schema("x")
    class Child {
      @PrimaryKey("id") declare id: number;
      declare ownerId: number;
    }
    @Schema("y")
    class Owner {
      @PrimaryKey("id") declare id: number;
      @HasMany(() => Child, "ownerId") declare children: HasMany<Child>;
    }
    expect(refusal(() => schemaOf(Owner).association("children").target())).toMatch(
      /Owner\.children relates by Child\.ownerId, which is no field of Child/,
    );
  });

  test("a relation to nothing, to no schema, or to a class instead of a function", () => {
    class Plain {}
    @Schema("x")
    class Relating {
      @PrimaryKey("id") declare id: number;
      @Field("id") declare aId: number;
      @BelongsTo(() => undefined as unknown as typeof Plain, "aId") declare a: BelongsTo<Plain>;
      @BelongsTo(() => Plain, "aId") declare b: BelongsTo<Plain>;
    }
    expect(refusal(() => schemaOf(Relating).association("a").target())).toMatch(
      /Relating\.a points to nothing/,
    );
    expect(refusal(() => schemaOf(Relating).association("b").target())).toMatch(/Plain, which is no schema/);
    expect(
      refusal(() => (BelongsTo(Plain as never, "aId") as PropertyDecorator)(Plain.prototype, "c")),
    ).toMatch(/Plain\.c names its schema directly/);
  });

  test("unknown types, static properties, missing sources and undecorated classes", () => {
    expect(
      refusal(() => (Field("text" as "string") as PropertyDecorator)(class D {}.prototype, "name")),
    ).toMatch(/D\.name: "text" is not a type\. Write one of id, integer/);
    expect(refusal(() => (Field("string") as PropertyDecorator)(class E {}, "name"))).toMatch(
      /E\.name is static/,
    );
    const accessor = () => {
      class Computed {
        @(Field("string") as PropertyDecorator) get label(): string {
          return "x";
        }
      }
      void Computed;
    };
    expect(refusal(accessor)).toMatch(/Computed\.label is a method or an accessor/);
    expect(refusal(() => Schema("")(class F {}))).toMatch(/F has no usable source.*@Schema\("fs"\)/s);
    expect(refusal(() => schemaOf(class G {}))).toMatch(/G is not a schema\. Write @Schema\("gs"\)/);
    expect(refusal(() => schemaOf(undefined as never))).toMatch(/schema class is needed here/);
    expect(refusal(() => Schema("x")(schemaOfTwice()))).toMatch(/Twice is decorated twice/);
    expect(
      refusal(() => {
        @Schema("x")
        class H {
          @PrimaryKey("id", { partitionBy: "owner" }) declare id: number;
        }
        void H;
      }),
    ).toMatch(/H is partitioned by "owner"/);
  });

  function schemaOfTwice() {
    @Schema("once")
    class Twice {
      @PrimaryKey("id") declare id: number;
    }
    return Twice;
  }
});

describe("a base class", () => {
  abstract class Base {
    @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
    @InsertedAt() declare insertedAt: Date;
  }
  @Schema("firsts")
  class First extends Base {
    @Field("string") declare a: string;
  }
  @Schema("seconds")
  class Second extends Base {
    @Field("string") declare b: string;
    @Field("utc_datetime", { source: "created" }) declare insertedAt: Date;
  }

  test("gives its fields to each subclass and gets none back", () => {
    expect(schemaOf(First).fields.map(({ name }) => name)).toEqual(["id", "insertedAt", "a"]);
    expect(schemaOf(Second).fields.map(({ name }) => name)).toEqual(["id", "insertedAt", "b"]);
    expect(schemaOf(Second).field("insertedAt").source).toBe("created");
    expect(schemaOf(First).field("insertedAt").source).toBe("insertedAt");
    expect(refusal(() => schemaOf(Base))).toMatch(/Base has fields but no source/);
  });
});

describe("reflection", () => {
  @EmbeddedSchema()
  class Inner {
    @Field("string") declare a: string;
  }
  @Schema("reflected")
  class Reflected {
    @Field("string") declare owner: string;
    @PrimaryKey("versionstamp", { partitionBy: "owner" }) declare id: Versionstamp;
    @Field("string", { tag: 7, source: "label", redact: true }) declare name: string;
    @Field("string", { virtual: true }) declare shown: string;
  }

  test("is frozen, primary key first", () => {
    const info = schemaOf(Reflected);
    expect(Object.isFrozen(info)).toBe(true);
    expect(Object.isFrozen(info.fields)).toBe(true);
    expect(info.fields.map(({ name }) => name)).toEqual(["id", "owner", "name"]);
    expect(info.virtualFields.map(({ name }) => name)).toEqual(["shown"]);
    expect(info.partitionBy?.name).toBe("owner");
    expect(info.primaryKey.autogenerate).toBe("id");
    expect(info.field("name")).toMatchObject({ tag: 7, source: "label", redact: true, virtual: false });
    expect(schemaOf(Inner).hasPrimaryKey).toBe(false);
    expect(refusal(() => schemaOf(Inner).primaryKey)).toMatch(/Inner has no primary key/);
  });

  test("names what comes close to an unknown field", () => {
    expect(() => schemaOf(Reflected).field("ovner")).toThrow(UnknownFieldError);
    expect(() => schemaOf(Reflected).field("ovner")).toThrow(
      /Reflected has no field "ovner"\. Did you mean "owner"\?/,
    );
    expect(() => schemaOf(Reflected).field("zzzzzzzzz")).toThrow(/There are: owner, id, name, shown/);
    expect(() => schemaOf(Reflected).association("posts")).toThrow(UnknownFieldError);
    expect(() => schemaOf(Review).field("product")).toThrow(
      /is a relation, not a field. Use its foreign key, "productId"/,
    );
  });

  test("is one per class, even for two classes of one source", () => {
    @Schema("reflected")
    class View {
      @PrimaryKey("versionstamp") declare id: Versionstamp;
    }
    expect(schemaOf(View).source).toBe(schemaOf(Reflected).source);
    expect(schemaOf(View)).not.toBe(schemaOf(Reflected));
    expect(schemaOf(View)).toBe(schemaOf(View));
  });
});

describe("the options of a schema", () => {
  const snakeCase = (property: string) => property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

  @EmbeddedSchema({ fieldSource: snakeCase })
  class PostalAddress {
    @Field("string") declare streetName: string;
  }

  @Schema("customers", { fieldSource: snakeCase })
  class Customer {
    @PrimaryKey("id") declare customerNo: number;
    @Field("string") declare givenName: string;
    @Field("string", { source: "Own" }) declare ownName: string;
    @Field("string", { tag: 4 }) declare taggedName: string;
    @EmbedsOne(() => PostalAddress) declare homeAddress: PostalAddress | null;
  }

  test("name the fields in stored records whose decorators do not", () => {
    expect(schemaOf(Customer).fields.map(({ source, tag }) => tag ?? source)).toEqual([
      "customer_no",
      "given_name",
      "Own",
      4,
      "home_address",
    ]);
    const customer = build(Customer, {
      customerNo: 1,
      homeAddress: build(PostalAddress, { streetName: "x" }),
    });
    expect(schemaOf(Customer).field("homeAddress").type.dump(customer.homeAddress)).toEqual({
      street_name: "x",
    });
    @Schema("plain", {})
    class Plain {
      @PrimaryKey("id") declare theId: number;
    }
    expect(schemaOf(Plain).primaryKey.source).toBe("theId");
  });

  test("are refused where they cannot work", () => {
    const declared = (options: unknown) => () => {
      @Schema("wrong", options as object)
      class Wrong {
        @PrimaryKey("id") declare id: number;
        @Field("string") declare name: string;
      }
      return Wrong;
    };
    for (const options of [null, "x", { tag: 1 }, { fieldSource: "snake" }]) {
      expect(refusal(declared(options))).toMatch(/@Schema of Wrong takes \{ fieldSource/);
    }
    expect(refusal(declared({ fieldSource: () => "" }))).toMatch(/Wrong\.id has the stored name ""/);
    expect(refusal(declared({ fieldSource: () => "same" }))).toMatch(/is stored under "same"/);
  });
});
