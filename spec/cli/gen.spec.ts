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
  ])("refuses %s", (_what, field, message) =>
    inFolder(async (cwd) => {
      const { code, stderr } = await plinth(["gen", "schema", "Order", field], { cwd });
      expect(code).toBe(2);
      expect(stderr).toContain(message);
      expect(await readdir(cwd)).toEqual([]);
    }),
  );

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
