import { expect } from "@jest/globals";
import fc from "fast-check";
import {
  type Cursor,
  from,
  type Query,
  type Repo,
  type Tenant,
  UnsupportedQueryError,
} from "../../../lib/index.js";
import { type Condition, comparing, keyOf, matching, type Order } from "./model.js";
import { queryOf, type World } from "./perform.js";
import { type RandomSchema, type Row, typeOf } from "./schema.js";
import { conditions, namesOf } from "./steps.js";

/** A query as data, for Plinth and for the model alike. */
export interface RandomQuery {
  readonly where: readonly Condition[];
  readonly order: readonly Order[];
  readonly reverse: boolean;
  readonly limit: number | undefined;
  readonly select: readonly string[] | undefined;
  readonly distinct: string | undefined;
  readonly page: number;
}

export function queries(schema: RandomSchema): fc.Arbitrary<RandomQuery> {
  const ordered = namesOf(schema).filter((name) => typeOf(schema, name).ordered);
  const direction = fc.constantFrom("asc" as const, "desc" as const);
  const random = fc.array(fc.tuple(fc.constantFrom(...ordered), direction), { maxLength: 2 });
  const indexed = schema.indexes.filter(({ fields }) => fields.length > 0);
  const along =
    indexed.length === 0
      ? random
      : fc
          .tuple(fc.constantFrom(...indexed), fc.nat(2), fc.nat(3), direction)
          .map(([{ fields }, first, n, way]) =>
            fields.slice(first, first + n).map((field): Order => [field, way]),
          );
  return fc.record({
    where: conditions(schema),
    order: fc.oneof(fc.constant([]), random, along) as fc.Arbitrary<readonly Order[]>,
    reverse: fc.boolean(),
    limit: fc.option(fc.nat(5), { nil: undefined }),
    select: fc.option(fc.uniqueArray(fc.constantFrom(...namesOf(schema)), { minLength: 1, maxLength: 3 }), {
      nil: undefined,
    }),
    distinct: fc.option(fc.constantFrom(...ordered), { nil: undefined }),
    page: fc.integer({ min: 1, max: 3 }),
  });
}

const plain = (row: Row): Row => ({ ...row });

/** Rows that must be there, in an order that the query allows. */
function expectRows(
  schema: RandomSchema,
  found: readonly Row[],
  wanted: readonly Row[],
  order: readonly Order[],
  limit?: number,
): void {
  const compare = comparing(schema, order);
  const sorted = wanted.toSorted(compare);
  expect(found).toHaveLength(Math.min(limit ?? sorted.length, sorted.length));
  const byKey = new Map(sorted.map((row) => [keyOf(schema, row), row]));
  expect(new Set(found.map((row) => keyOf(schema, row))).size).toBe(found.length);
  found.forEach((row, i) => {
    expect(plain(row)).toEqual(byKey.get(keyOf(schema, row)));
    expect(compare(row, sorted[i]!)).toBe(0);
  });
}

const reversed = (order: readonly Order[]): readonly Order[] =>
  order.map(([field, direction]) => [field, direction === "asc" ? "desc" : "asc"]);

async function unlessRefused<T>(read: () => Promise<T>): Promise<T | "refused"> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof UnsupportedQueryError)) throw error;
    return "refused";
  }
}

interface Reader {
  readonly repo: Repo;
  readonly options: { readonly tenant?: Tenant };
}

async function pagesOf(
  { repo, options }: Reader,
  query: Query<Row>,
  limit: number,
  atMost: number,
): Promise<Row[]> {
  const rows: Row[] = [];
  let after: Cursor | null = null;
  do {
    const page: { readonly rows: readonly Row[]; readonly next: Cursor | null } = await repo.page(query, {
      ...options,
      limit,
      after,
    });
    expect(page.rows.length).toBeLessThanOrEqual(limit);
    expect(page.next === null || page.rows.length === limit).toBe(true);
    rows.push(...page.rows);
    after = page.next;
    expect(rows.length).toBeLessThanOrEqual(atMost);
  } while (after !== null);
  return rows;
}

/** A query gives what filtering and sorting the model gives: whole, limited, in pages, backwards. Whether it was served. */
export async function checkQuery(world: World, asked: RandomQuery): Promise<boolean> {
  const { repo, model, random, inside, tenant } = world;
  const { schema } = model;
  const reader: Reader = { repo, options: inside ? {} : { tenant } };
  const wanted = model.rows.filter(matching(schema, asked.where));
  const order = asked.reverse ? reversed(asked.order) : asked.order;
  let query = queryOf(random.schema, asked.where);
  for (const [field, direction] of asked.order) query = query.orderBy({ [field]: direction });
  if (asked.reverse) query = query.reverseOrder();
  const limited = asked.limit === undefined ? query : query.limit(asked.limit);

  const found = await unlessRefused(() => repo.all(limited, reader.options));
  expectRows(schema, await repo.all(limited.scan(), reader.options), wanted, order, asked.limit);
  if (found === "refused") return false;
  expectRows(schema, found, wanted, order, asked.limit);
  expect(await repo.exists(limited, reader.options)).toBe(found.length > 0);

  const whole =
    asked.limit === undefined ? found : await unlessRefused(() => repo.all(query, reader.options));
  if (whole === "refused") return true;
  expectRows(schema, whole, wanted, order);
  expect(await repo.count(query, reader.options)).toBe(wanted.length);
  expect((await repo.all(query.reverseOrder(), reader.options)).map((row) => keyOf(schema, row))).toEqual(
    whole.map((row) => keyOf(schema, row)).reverse(),
  );
  if (asked.select !== undefined) {
    const selected = await repo.all(query.select(asked.select), reader.options);
    const shown = (row: Row) => asked.select!.map((field) => row[field] ?? null);
    const text = (rows: readonly unknown[]) =>
      rows.map((row) => JSON.stringify(row, (_, value) => (typeof value === "bigint" ? `${value}n` : value)));
    // Another index may answer, so rows that the order leaves equal may come in another order.
    expect(text((selected as Row[]).map((row) => Object.values(row))).sort()).toEqual(
      text(wanted.map(shown)).sort(),
    );
  }
  if (asked.distinct !== undefined) await checkDistinct(world, query, wanted, asked.distinct);
  const pages = await unlessRefused(() => pagesOf(reader, query, asked.page, wanted.length));
  if (pages === "refused") return true;
  expectRows(schema, pages, wanted, order);
  const back = await pagesOf(reader, query.reverseOrder(), asked.page, wanted.length);
  expect(back.map((row) => keyOf(schema, row))).toEqual(pages.map((row) => keyOf(schema, row)).reverse());
  return true;
}

/** One row for each value, and each value once; with a limit the first of them. */
async function checkDistinct(
  { repo, model, inside, tenant }: World,
  query: Query<Row>,
  wanted: readonly Row[],
  field: string,
) {
  const options = inside ? {} : { tenant };
  const compare = comparing(model.schema, [[field, "asc"]]);
  const rows = await unlessRefused(() => repo.all(query.distinct(field), options));
  if (rows === "refused") return;
  const values = wanted.toSorted(compare).filter((row, i, all) => i === 0 || compare(row, all[i - 1]!) !== 0);
  expect(rows).toHaveLength(values.length);
  rows.toSorted(compare).forEach((row, i) => {
    expect(compare(row, values[i]!)).toBe(0);
    expect(wanted.map((one) => keyOf(model.schema, one))).toContain(keyOf(model.schema, row));
  });
  expect(await repo.count(query.distinct(field), options)).toBe(values.length);
  const limited = await repo.all(query.distinct(field).limit(2), options);
  expect(limited).toEqual(rows.slice(0, 2));
}

/** Every index equals a scan of the rows, and every counter the number of them. */
export async function checkIndexes(world: World): Promise<void> {
  const { repo, model, random, inside, tenant } = world;
  const { schema } = model;
  const options = inside ? {} : { tenant };
  const keys: readonly Order[] = [
    ...(schema.partitioned ? [["partition", "asc"] as const] : []),
    ["key", "asc"],
  ];
  const rows = model.rows.toSorted(comparing(schema, keys));
  const ids = (list: readonly Row[]) => list.map((row) => keyOf(schema, row));
  const all = await repo.all(from(random.schema).using("primary"), options);
  expect(all.map(plain)).toEqual(rows);
  expect(ids(await repo.all(from(random.schema).using("primary").reverseOrder(), options))).toEqual(
    ids(rows).reverse(),
  );
  for (const { kind, name, fields, where } of schema.indexes) {
    const inIndex = rows.filter(matching(schema, where));
    if (kind === "counter") {
      expect(await repo.count(queryOf(random.schema, where), options)).toBe(inIndex.length);
      for (const row of inIndex) {
        const group = fields.map((field): Condition => [field, { eq: row[field] ?? null }]);
        const same = inIndex.filter(matching(schema, group));
        expect(await repo.count(queryOf(random.schema, [...where, ...group]), options)).toBe(same.length);
      }
      continue;
    }
    const order = [...fields.map((field): Order => [field, "asc"]), ...keys];
    const sorted = inIndex.toSorted(comparing(schema, order));
    const query = queryOf(random.schema, where).using(name);
    const through = await unlessRefused(() =>
      repo.all(query.orderBy(fields.map((field) => ({ [field]: "asc" }))), options),
    );
    // A condition may be on a field that the index does not have: it holds for all of its rows.
    if (through === "refused") throw new Error(`${name} does not serve its own rows`);
    expectRows(
      schema,
      through,
      inIndex,
      fields.map((field): Order => [field, "asc"]),
    );
    expect(ids(through).sort()).toEqual(ids(sorted).sort());
  }
}
