import { describe, expect, test } from "@jest/globals";
import {
  IsOptional,
  Length,
  Min,
  registerDecorator,
  Validate,
  ValidateNested,
  ValidatorConstraint,
} from "class-validator";
import { cast, change, hasClassRules, hasPendingRules } from "../../lib/changeset/index.js";
import { ChangesetError } from "../../lib/errors.js";
import {
  build,
  EmbeddedSchema,
  EmbedsOne,
  Field,
  InsertedAt,
  PrimaryKey,
  Schema,
  setMeta,
} from "../../lib/schema/index.js";
import { Product, Review } from "./shop.js";

const messages = (changeset: { errors: readonly { field: string; message: string }[] }) =>
  changeset.errors.map(({ field, message }) => `${field}: ${message}`);

let asked: string[] = [];

/** Free unless it is "taken"; answers later. */
function Free(options: { readonly async?: boolean } = {}): PropertyDecorator {
  return (target, property) =>
    registerDecorator({
      name: "free",
      target: target.constructor,
      propertyName: property as string,
      async: options.async ?? true,
      validator: {
        async validate(value: string) {
          asked.push(value);
          await Promise.resolve();
          return value !== "taken";
        },
        defaultMessage: () => "$property is taken",
      },
    });
}

@ValidatorConstraint({ name: "even" })
class Even {
  validate(value: unknown): boolean {
    return typeof value === "number" && value % 2 === 0;
  }
  defaultMessage(): string {
    return "$property must be even";
  }
}

@EmbeddedSchema()
class Place {
  @Field("string") @Length(2, 10) declare city: string;
}

@Schema("accounts")
class Account {
  @PrimaryKey("binary_id", { autogenerate: true }) @Length(36, 36) declare id: string;
  @Field("string") @Free() declare login: string;
  @Field("string") @IsOptional() @Length(2, 5, { groups: ["strict"] }) declare nick: string | null;
  @EmbedsOne(() => Place) @IsOptional() @ValidateNested() declare place: EmbedsOne<Place>;
  @InsertedAt() declare insertedAt: Date;
}

@Schema("evens")
class Evens {
  @PrimaryKey("id") declare id: number;
  @Field("integer") @Validate(Even) declare amount: number;
}

@Schema("forgotten")
class Forgotten {
  @PrimaryKey("id") declare id: number;
  @Field("string") @Free({ async: false }) declare login: string;
}

describe("class-validator rules", () => {
  test("run at once when they can, with the rule's name in the metadata", () => {
    const changeset = cast(Review, { author: "Ann", score: 9 }, ["author", "score"]).validateSchema();
    expect(messages(changeset)).toEqual(["score: must not be greater than 5"]);
    expect(changeset.errors[0]?.meta).toEqual({ validation: "max" });
    expect(changeset.pending).toBe(false);
    expect(hasPendingRules(changeset)).toBe(false);
    expect(cast(Review, { author: "Ann", score: 3 }, ["author", "score"]).validateSchema().valid).toBe(true);
  });

  test("judge all of a new record but what is generated, and only the changes of a stored one", () => {
    expect(messages(change(Review, { author: "x" }).validateSchema()).sort()).toEqual([
      "score: must not be greater than 5",
      "score: must not be less than 1",
    ]);
    const old = build(Review, { author: "x", score: 77 });
    setMeta(old, { state: "loaded" });
    expect(change(old, { author: "y" }).validateSchema().valid).toBe(true);
    expect(change(old, { score: 78 }).validateSchema().valid).toBe(false);
  });

  test("that are asynchronous leave the changeset pending", async () => {
    asked = [];
    const changeset = change(Account, { login: "taken" }).validateSchema();
    expect(changeset.pending).toBe(true);
    expect(changeset.valid).toBe(true);
    expect(asked).toEqual([]);
    expect(() => changeset.applyAction("insert")).toThrow(/waits for asynchronous rules/);
    const done = await changeset.validated();
    expect(messages(done)).toEqual(["login: is taken"]);
    expect(done.errors[0]?.meta).toEqual({ validation: "free" });
    expect(done.pending).toBe(false);
    expect(await done.validated()).toBe(done);
    expect(messages(await changeset)).toEqual(["login: is taken"]);
    expect(Object.keys(changeset)).not.toContain("then");
    expect("then" in done).toBe(false);
    expect((await change(Account, { login: "mine" }).validateSchema().validated()).valid).toBe(true);
  });

  test("see changes that were made after them", async () => {
    const changeset = change(Account, { login: "mine" }).validateSchema().putChange("login", "taken");
    expect(messages(await changeset.validated())).toEqual(["login: is taken"]);
  });

  test("of one's own might be asynchronous without saying so: the answer is not lost", async () => {
    const even = change(Evens, { id: 1, amount: 3 }).validateSchema();
    expect(messages(even)).toEqual(["amount: must be even"]);
    expect(even.pending).toBe(false);
    expect(messages(await even.validated())).toEqual(["amount: must be even"]);
    const forgotten = change(Forgotten, { id: 1, login: "taken" }).validateSchema();
    expect(forgotten.valid).toBe(true);
    expect(hasPendingRules(forgotten)).toBe(true);
    expect(messages(await forgotten.validated())).toEqual(["login: is taken"]);
  });

  test("take groups, and reach into embeds", async () => {
    const account = change(Account, { login: "x", nick: "a", place: { city: "Y" } as Place });
    expect(messages(account.validateSchema({ groups: ["strict"] }))).toEqual([
      "nick: must be longer than or equal to 2 characters",
    ]);
    const nested = account.validateSchema().errors.filter(({ field }) => field === "place");
    expect(nested).toEqual([
      {
        field: "place",
        message: "city must be longer than or equal to 2 characters",
        meta: { validation: "isLength", path: ["place", "city"] },
      },
    ]);
  });

  test("are refused where there are none", () => {
    expect(() => change(Product, {}).validateSchema()).toThrow(/Product has no class-validator rules/);
    expect(() => cast({ data: {}, types: { a: "string" } }, {}, ["a"]).validateSchema()).toThrow(
      ChangesetError,
    );
    expect(hasClassRules(Product)).toBe(false);
    expect(hasClassRules(Review)).toBe(true);
  });

  test("of a base class count", () => {
    class Base {
      @PrimaryKey("id") declare id: number;
      @Field("integer") @Min(1) declare amount: number;
    }
    @Schema("derived")
    class Derived extends Base {}
    expect(hasClassRules(Derived)).toBe(true);
    expect(change(Derived, { id: 1, amount: 0 }).validateSchema().valid).toBe(false);
  });
});

describe("a Standard Schema", () => {
  const schema = (validate: (value: { name: string | null }) => unknown) => ({
    "~standard": { version: 1 as const, vendor: "spec", validate: validate as never },
  });
  const refuse = (value: { name: string | null }) => ({
    issues:
      value.name === "bad"
        ? [{ message: "is bad", path: ["name"] }, { message: "is odd all over" }]
        : undefined,
  });

  test("runs at once, or later when it answers with a promise", async () => {
    const bad = cast(Product, { name: "bad" }, ["name"]);
    expect(messages(bad.validateSchema(schema(refuse)))).toEqual(["name: is bad", "base: is odd all over"]);
    expect(bad.validateSchema(schema(refuse)).errors[0]?.meta).toEqual({ validation: "schema" });
    const later = bad.validateSchema(schema(async (value) => refuse(value)));
    expect(later.pending).toBe(true);
    expect(messages(await later.validated())).toEqual(["name: is bad", "base: is odd all over"]);
    expect((await later.putChange("name", "good").validated()).valid).toBe(true);
    expect(
      cast({ data: {}, types: { name: "string" } }, { name: "bad" }, ["name"]).validateSchema(schema(refuse))
        .errors,
    ).toHaveLength(2);
  });

  test("may be a function, and paths may be objects", () => {
    const callable = Object.assign(
      () => undefined,
      schema(() => ({ issues: [{ message: "is bad", path: [{ key: "tags" }, 0] }] })),
    );
    expect(change(Product, { tags: ["x"] }).validateSchema(callable).errors).toEqual([
      { field: "tags", message: "0 is bad", meta: { validation: "schema", path: ["tags", "0"] } },
    ]);
  });

  test("a failure of the rule itself reaches whoever waits", async () => {
    const broken = cast(Product, { name: "x" }, ["name"]).validateSchema(
      schema(async () => {
        throw new Error("down");
      }),
    );
    await expect(broken.validated()).rejects.toThrow("down");
  });
});
