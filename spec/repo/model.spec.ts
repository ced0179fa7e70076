import { expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  ConstraintError,
  type Cursor,
  change,
  from,
  or,
  PrimaryKeyExistsError,
  type Query,
  Repo,
  StaleEntryError,
  Tenant,
  UnsupportedQueryError,
} from "../../lib/index.js";
import { metadataOf } from "../../lib/layer/index.js";
import { internals } from "../../lib/repo/index.js";
import { compareByOrder, type ModelQuery, naive, queries, values } from "./model-queries.js";
import { Item, migrationOf, possibleIndexes } from "./model-schema.js";
import { runs, timeout } from "./runs.js";

type Attrs = { [K in keyof Item]: Item[K] };

const attrs = fc.record(values);
const changes = fc.record(
  {
    group: values.group,
    score: values.score,
    rate: values.rate,
    at: values.at,
    live: values.live,
    code: values.code,
    text: values.text,
  },
  { requiredKeys: [] },
);

type Step =
  | { readonly kind: "insert"; readonly attrs: Attrs }
  | {
      readonly kind: "upsert";
      readonly attrs: Attrs;
      readonly how: "nothing" | "replaceAll" | "replace" | "except";
    }
  | { readonly kind: "update"; readonly id: string; readonly changes: Partial<Attrs> }
  | { readonly kind: "delete"; readonly id: string }
  | { readonly kind: "together"; readonly steps: readonly Step[]; readonly rollback: boolean };

const single: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("insert" as const), attrs }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("upsert" as const),
      attrs,
      how: fc.constantFrom("nothing" as const, "replaceAll" as const, "replace" as const, "except" as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("update" as const), id: values.id, changes }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("delete" as const), id: values.id }) },
);
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: single },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("together" as const),
        steps: fc.array(single, { minLength: 1, maxLength: 3 }),
        rollback: fc.boolean(),
      }),
    },
  ),
  { minLength: 1, maxLength: 12 },
);

const onConflict = {
  nothing: "nothing",
  replaceAll: "replaceAll",
  replace: { replace: ["score", "text"] },
  except: { replaceAllExcept: ["group"] },
} as const;

/** The rows as the model has them, and what each step does to them; unique values are kept by the store alone. */
class Model {
  rows = new Map<string, Attrs>();

  constructor(private readonly uniques: readonly (readonly (keyof Item)[])[]) {}

  private clashes(row: Attrs): boolean {
    return this.uniques.some(
      (fields) =>
        !fields.some((field) => row[field] === null) &&
        [...this.rows.values()].some(
          (other) => other.id !== row.id && fields.every((field) => other[field] === row[field]),
        ),
    );
  }

  private put(row: Attrs): "done" | "refused" {
    if (this.clashes(row)) return "refused";
    this.rows.set(row.id, row);
    return "done";
  }

  apply(step: Step): "done" | "refused" {
    if (step.kind === "together") throw new Error("applied one by one");
    if (step.kind === "insert") return this.rows.has(step.attrs.id) ? "refused" : this.put(step.attrs);
    if (step.kind === "upsert") {
      const stored = this.rows.get(step.attrs.id);
      if (stored === undefined) return this.put(step.attrs);
      if (step.how === "nothing") return "done";
      if (step.how === "replaceAll") return this.put(step.attrs);
      if (step.how === "replace")
        return this.put({ ...stored, score: step.attrs.score, text: step.attrs.text });
      return this.put({ ...step.attrs, group: stored.group });
    }
    const stored = this.rows.get(step.id);
    if (stored === undefined) return "refused";
    if (step.kind === "update") return this.put({ ...stored, ...step.changes });
    this.rows.delete(step.id);
    return "done";
  }
}

async function perform(repo: Repo, tenant: Tenant, step: Step): Promise<"done" | "refused"> {
  try {
    if (step.kind === "insert") await repo.insert(Item, step.attrs, { tenant });
    else if (step.kind === "upsert")
      await repo.insert(Item, step.attrs, { tenant, onConflict: onConflict[step.how] });
    else if (step.kind === "update") {
      const item = await repo.get(Item, step.id, { tenant });
      if (item === null) return "refused";
      await repo.update(change(item, step.changes as Attrs));
    } else if (step.kind === "delete") {
      const item = await repo.get(Item, step.id, { tenant });
      if (item === null) return "refused";
      await repo.delete(item);
    }
    return "done";
  } catch (error) {
    if (
      error instanceof PrimaryKeyExistsError ||
      error instanceof ConstraintError ||
      error instanceof StaleEntryError
    )
      return "refused";
    throw error;
  }
}

function build(query: ModelQuery): Query<Item> {
  let built = from(Item);
  for (const [field, operators] of query.where) built = built.where({ [field]: operators } as never);
  const asWhere = (conditions: ModelQuery["or"][number][number]) =>
    // Conditions on one field twice are nested alternatives, which all hold.
    or<Item>(
      conditions.length === 1
        ? { [conditions[0]![0]]: conditions[0]![1] }
        : ({
            [conditions[0]![0]]: conditions[0]![1],
            or: [{ [conditions[1]![0]]: conditions[1]![1] }],
          } as never),
    );
  for (const alternatives of query.or) built = built.where({ or: alternatives.map(asWhere) });
  for (const [field, direction] of query.order) built = built.orderBy({ [field]: direction });
  return query.reverse ? built.reverseOrder() : built;
}

const keyOf = (row: Item) => JSON.stringify(row.id);

/** What the query must give, from what it gave: the right rows, in an order that the query allows. */
function expectRows(
  found: readonly Item[],
  all: readonly Item[],
  query: ModelQuery,
  limit: number | undefined,
): void {
  const wanted = all.toSorted((a, b) => compareByOrder(query, a, b));
  expect(found).toHaveLength(Math.min(limit ?? wanted.length, wanted.length));
  expect(new Set(found.map(keyOf)).size).toBe(found.length);
  const byKey = new Map(wanted.map((row) => [keyOf(row), row]));
  found.forEach((row, i) => {
    expect({ ...row }).toEqual(byKey.get(keyOf(row)));
    if (query.order.length > 0) expect(compareByOrder(query, row, wanted[i]!)).toBe(0);
  });
}

async function checkQuery(
  repo: Repo,
  tenant: Tenant,
  rows: Iterable<Item>,
  query: ModelQuery,
): Promise<boolean> {
  const all = naive(rows, query);
  const built = build(query);
  const limited = query.limit === undefined ? built : built.limit(query.limit);
  try {
    expectRows(await repo.all(limited, { tenant }), all, query, query.limit);
  } catch (error) {
    if (!(error instanceof UnsupportedQueryError)) throw error;
    expect(error.message).toMatch(/create\(index\(Item, \[|scan|one direction|at once/);
    expectRows(await repo.all(limited.scan(), { tenant }), all, query, query.limit);
    return false;
  }
  const { select } = query;
  if (select !== undefined && query.limit === undefined) {
    // Another index may answer, and so rows that the order leaves equal may come in another order.
    const picked = all.map((row) =>
      JSON.stringify(Object.fromEntries(select.map((field) => [field, row[field]]))),
    );
    const selected = await repo.all(limited.select(select), { tenant });
    expect(selected.map((row) => JSON.stringify(row)).sort()).toEqual(picked.sort());
  }
  expect(await repo.count(built, { tenant })).toBe(all.length);
  expect(await repo.count(limited, { tenant })).toBe(Math.min(all.length, query.limit ?? all.length));
  const scores = all.map(({ score }) => score).filter((score) => score !== null);
  expect(await repo.aggregate(built, "max", "score", { tenant })).toBe(
    scores.length === 0 ? null : Math.max(...scores),
  );
  await checkPages(repo, tenant, built, all, query);
  const odd = (row: Item) => row.id.length % 2 === 1;
  await checkPages(repo, tenant, built.filter(odd), all.filter(odd), query);
  return true;
}

async function checkPages(
  repo: Repo,
  tenant: Tenant,
  built: Query<Item>,
  all: readonly Item[],
  query: ModelQuery,
) {
  const found: Item[] = [];
  const whole = await repo.all(built, { tenant });
  let after: Cursor | null = null;
  do {
    let page: { rows: readonly Item[]; next: Cursor | null };
    try {
      page = await repo.page(built, { limit: 2, after, tenant });
    } catch (error) {
      if (error instanceof UnsupportedQueryError && after === null) return;
      throw error;
    }
    found.push(...page.rows);
    after = page.next;
    expect(found.length).toBeLessThanOrEqual(all.length);
  } while (after !== null);
  expectRows(found, all, query, undefined);
  expect(found.map(keyOf)).toEqual(whole.map(keyOf));
  expect(await repo.exists(built, { tenant })).toBe(all.length > 0);
  const last = await repo.all(built.last(), { tenant });
  expect(last.map(keyOf)).toEqual(whole.slice(-1).map(keyOf));
}

const indexesOf = (repo: Repo, tenant: Tenant) =>
  internals(repo).run(tenant, async (ctx) => (await metadataOf(ctx, "items")).indexes);

test(
  "every index equals a scan and every query a filtered Map, after every history",
  async () => {
    const repo = new Repo({ url: "memory:", storageId: "model" });
    let served = 0;
    let refused = 0;
    let runNumber = 0;
    const property = fc.asyncProperty(
      fc.uniqueArray(fc.nat(possibleIndexes.length - 1), { maxLength: 5 }),
      fc.boolean(),
      steps,
      fc.array(queries, { minLength: 6, maxLength: 6 }),
      async (chosen, logged, history, asked) => {
        const own = new Repo({
          engine: await repo.engine(),
          storageId: "model",
          migrations: [[1, migrationOf(chosen, logged)]],
        });
        const tenant = await Tenant.openEmpty(own, `run ${runNumber++}`);
        const uniques = chosen.flatMap((at) =>
          at === 8 ? [["code"]] : at === 9 ? [["group", "code"]] : [],
        ) as (keyof Item)[][];
        const model = new Model(uniques);
        for (const step of history) {
          if (step.kind !== "together") {
            expect([step.kind, await perform(own, tenant, step)]).toEqual([step.kind, model.apply(step)]);
            continue;
          }
          const before = new Map(model.rows);
          await own.transactional(tenant, async () => {
            model.rows = new Map(before);
            for (const part of step.steps) {
              expect([part.kind, await perform(own, tenant, part)]).toEqual([part.kind, model.apply(part)]);
              for (const query of asked.slice(0, 2))
                await checkQuery(own, tenant, model.rows.values(), query);
            }
            if (step.rollback) own.rollback();
          });
          if (step.rollback) model.rows = before;
        }
        for (const query of asked)
          (await checkQuery(own, tenant, model.rows.values(), query)) ? served++ : refused++;
        for (const { name, kind } of await indexesOf(own, tenant)) {
          if (kind !== "index") continue;
          const partial =
            name === "items_high_index"
              ? { score: { gte: 2 } }
              : name === "items_rate_index"
                ? { live: true }
                : {};
          const through = await own.all(from(Item).where(partial).using(name), { tenant });
          const wanted = naive(model.rows.values(), {
            where: Object.entries(partial).map(([f, v]) => [
              f as "score",
              typeof v === "object" ? v : { eq: v },
            ]),
            or: [],
            order: [],
            reverse: false,
            limit: undefined,
            select: undefined,
          });
          expect(through.map((row) => row.id).sort()).toEqual(wanted.map((row) => row.id).sort());
        }
      },
    );
    await fc.assert(property, runs(40));
    expect(served).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
    await repo.close();
  },
  timeout(60_000),
);
