import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { inFolder, plinth } from "./support/run.js";

describe("gen migration", () => {
  test("takes the number behind the highest one", () =>
    inFolder(async (cwd) => {
      await mkdir(join(cwd, "migrations"));
      await writeFile(join(cwd, "migrations", "0041_orders.ts"), "");
      const { code, stdout } = await plinth(["gen", "migration", "addReviews"], { cwd });
      expect(code).toBe(0);
      expect(stdout).toContain("migrations/0042_add_reviews.ts");
      expect(stdout).toContain("[42, AddReviews]");
      const text = await readFile(join(cwd, "migrations", "0042_add_reviews.ts"), "utf8");
      expect(text).toContain("export class AddReviews extends Migration");
    }));

  test("writes where it is told, in JavaScript too, and reports as JSON", () =>
    inFolder(async (cwd) => {
      const { json } = await plinth(["gen", "migration", "first", "--dir", "db", "--js", "--json"], { cwd });
      expect(json()).toEqual([{ file: "db/0001_first.js", number: 1, class: "First" }]);
      expect(await readdir(join(cwd, "db"))).toEqual(["0001_first.js"]);
    }));

  test("refuses a name that gives no class", () =>
    inFolder(async (cwd) => {
      const { code, stderr } = await plinth(["gen", "migration", "42"], { cwd });
      expect(code).toBe(2);
      expect(stderr).toContain("start it with a letter");
      expect(await readdir(cwd)).toEqual([]);
    }));
});

describe("gen schema", () => {
  test("writes fields, lists, enums, references, timestamps and a changeset", () =>
    inFolder(async (cwd) => {
      const fields = [
        "customer:references(Customer)",
        "number:integer",
        "note:string?",
        "tags:string[]",
        "state:enum(open,closed)",
      ];
      const early = await plinth(["gen", "schema", "order-line", ...fields], { cwd });
      expect([early.code, early.stderr]).toEqual([2, expect.stringContaining("plinth gen schema Customer")]);
      expect(await readdir(cwd)).toEqual([]);
      expect((await plinth(["gen", "schema", "customer"], { cwd })).code).toBe(0);
      const { code, stdout } = await plinth(["gen", "schema", "order-line", ...fields], { cwd });
      expect(code).toBe(0);
      expect(stdout).toContain('schemas/order-line.ts (source "order_lines")');
      expect(await readFile(join(cwd, "schemas", "order-line.ts"), "utf8")).toBe(expected);
    }));

  test.each<[string, string, string]>([
    ["a type that is none", "total:number", 'Did you mean "float"'],
    ["a slip in a type", "total:decimel", 'Did you mean "decimal"'],
    ["a field without a type", "total", "is no field"],
    ["a name that is taken", "insertedAt:date", "is there twice"],
    ["a name that is no property", "1:string", "no class name"],
    ["a property of every object", "constructor:string", "every object has"],
    ["another one", "value-of:string", "every object has"],
    ["a reference to a class of plinth's", "x:references(Field)", "a name of plinth's"],
    ["a reference to a class of the language's", "x:references(date)", "a name of JavaScript's"],
    ["a value twice", "x:enum(a,b,a)", "has a value twice"],
  ])("refuses %s", (_what, field, message) =>
    inFolder(async (cwd) => {
      const { code, stderr } = await plinth(["gen", "schema", "Order", field], { cwd });
      expect(code).toBe(2);
      expect(stderr).toContain(message);
      expect(await readdir(cwd)).toEqual([]);
    }),
  );

  test("refuses a relation and a field of one name", () =>
    inFolder(async (cwd) => {
      for (const fields of [
        ["boss:references(Person)", "boss:string"],
        ["boss:references(Person)", "bossId:string"],
      ]) {
        expect((await plinth(["gen", "schema", "Person", ...fields], { cwd })).code).toBe(2);
      }
      expect(await readdir(cwd)).toEqual([]);
    }));

  test.each([
    "Schema",
    "field",
    "primary-key",
    "Date",
    "object",
    "promise",
    "Record",
    "uint8-array",
    "Versionstamp",
  ])("refuses the class name %s", (name) =>
    inFolder(async (cwd) => {
      for (const verb of ["schema", "migration"]) {
        const { code, stderr } = await plinth(["gen", verb, name], { cwd });
        expect([code, stderr]).toEqual([2, expect.stringMatching(/is a name of (plinth|JavaScript)'s/)]);
      }
      expect(await readdir(cwd)).toEqual([]);
    }),
  );

  test("names no variable by a word of the language, and imports no schema into itself", () =>
    inFolder(async (cwd) => {
      for (const name of ["Class", "Default", "Package", "Await", "Params", "Cast", "Eval"]) {
        expect(
          (await plinth(["gen", "schema", name, `parent:references(${name})?`, "extra:json?"], { cwd })).code,
        ).toBe(0);
        const text = await readFile(join(cwd, "schemas", `${name.toLowerCase()}.ts`), "utf8");
        expect(text).toContain(`changeset(record: ${name}, params`);
        expect(text.match(/^import /gm)).toHaveLength(1);
        expect(text).not.toContain("validateRequired");
      }
    }));

  test("a second migration of one class is refused", () =>
    inFolder(async (cwd) => {
      expect((await plinth(["gen", "migration", "add-orders"], { cwd })).code).toBe(0);
      for (const name of ["add_orders", "AddOrders", "Add Orders"]) {
        const { code, stderr } = await plinth(["gen", "migration", name], { cwd });
        expect([code, stderr]).toEqual([2, expect.stringContaining("0001_add_orders.ts")]);
      }
      expect(await readdir(join(cwd, "migrations"))).toEqual(["0001_add_orders.ts"]);
    }));

  test("leaves a file alone that is there", () =>
    inFolder(async (cwd) => {
      await plinth(["gen", "schema", "Order", "number:integer"], { cwd });
      const before = await readFile(join(cwd, "schemas", "order.ts"), "utf8");
      const { code, stderr } = await plinth(["gen", "schema", "Order"], { cwd });
      expect(code).toBe(2);
      expect(stderr).toContain("exists already");
      expect(await readFile(join(cwd, "schemas", "order.ts"), "utf8")).toBe(before);
    }));
});

const expected = `import { BelongsTo, cast, enumOf, Field, InsertedAt, PrimaryKey, Schema, UpdatedAt } from "plinth";
import { Customer } from "./customer.js";

@Schema("order_lines")
export class OrderLine {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("binary_id") declare customerId: string;
  @BelongsTo(() => Customer, "customerId") declare customer: BelongsTo<Customer>;
  @Field("integer") declare number: number;
  @Field("string") declare note: string | null;
  @Field({ array: "string" }) declare tags: string[];
  @Field(enumOf("open", "closed")) declare state: "open" | "closed";
  @InsertedAt() declare insertedAt: Date;
  @UpdatedAt() declare updatedAt: Date;

  static changeset(orderLine: OrderLine, params: unknown = {}) {
    return cast(orderLine, params, ["customerId", "number", "note", "tags", "state"]).validateRequired(["customerId", "number", "tags", "state"]);
  }
}
`;
