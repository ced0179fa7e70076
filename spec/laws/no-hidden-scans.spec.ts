import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { from, type Query, UnsupportedQueryError } from "plinth";
import { openWorld, Person, type World } from "./support.js";

/** A query reads bounded key ranges that hold its rows and nothing else, or it is refused and told what would serve it. */

const seed = Number(process.env.PLINTH_SEED ?? 4);
const runs = Number(process.env.PLINTH_RUNS ?? 1) * 400;

let world: World;
let people: readonly Person[];
beforeAll(async () => {
  world = await openWorld();
  const cities = ["Bern", "Oslo", "Rome", null];
  const { records } = await world.repo.insertAll(
    Person,
    Array.from({ length: 60 }, (_, i) => ({
      id: `p${String(i).padStart(2, "0")}`,
      email: i % 5 === 0 ? null : `e${(i * 7) % 60}`,
      city: cities[i % 4]!,
      age: i % 7 === 0 ? null : (i * 3) % 20,
      bio: i % 2 ? "odd" : "even",
    })),
    { tenant: world.tenant },
  );
  people = records;
});
afterAll(() => world.engine.close());

type Field = "id" | "email" | "city" | "age" | "bio";
type Value = string | number | null;
type Test = (person: Person) => boolean;

let state = seed;
function next(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

const fields: readonly Field[] = ["id", "email", "city", "age", "bio"];
const drawValue = (field: Field): Value => people[next(people.length)]![field];
/** Null is before everything else. */
const compare = (a: Value, b: Value): number =>
  a === b ? 0 : a === null ? -1 : b === null ? 1 : a < b ? -1 : 1;

function condition(field: Field): [unknown, Test] {
  const value = drawValue(field);
  const kind = next(5);
  if (kind === 0) {
    const values = [value, drawValue(field), drawValue(field)].filter((one) => one !== null);
    return [{ in: values }, (person) => values.includes(person[field] as never)];
  }
  if (kind === 1 && value !== null) {
    return [{ gte: value }, (person) => person[field] !== null && compare(person[field], value) >= 0];
  }
  if (kind === 2 && value !== null) {
    return [{ lt: value }, (person) => person[field] !== null && compare(person[field], value) < 0];
  }
  if (value === null) return [{ isNull: true }, (person) => person[field] === null];
  return [value, (person) => person[field] === value];
}

interface Drawn {
  readonly query: Query<Person>;
  readonly matching: readonly Person[];
  readonly limit: number | undefined;
  readonly spans: number;
}

function draw(): Drawn {
  let query = from(Person);
  const tests: Test[] = [];
  let spans = 1;
  for (const field of fields) {
    if (next(4) !== 0) continue;
    const [given, keeps] = condition(field);
    if (typeof given === "object" && "in" in (given as object))
      spans *= (given as { in: unknown[] }).in.length;
    query = query.where({ [field]: given } as never);
    tests.push(keeps);
  }
  const order = next(2) === 0 ? fields[next(fields.length)]! : undefined;
  const down = next(2) === 0;
  if (order !== undefined) query = query.orderBy({ [order]: down ? "desc" : "asc" } as never);
  const limit = next(3) === 0 ? 1 + next(5) : undefined;
  if (limit !== undefined) query = query.limit(limit);
  const matching = people.filter((person) => tests.every((keeps) => keeps(person)));
  if (order !== undefined) {
    matching.sort((a, b) => compare(a[order], b[order]) * (down ? -1 : 1));
  }
  return { query, matching, limit, spans };
}

describe("random queries", () => {
  test("give the rows of a filter in memory, and read no others", async () => {
    const { engine, repo, tenant } = world;
    let served = 0;
    let refused = 0;
    for (let run = 0; run < runs; run++) {
      const { query, matching, limit, spans } = draw();
      engine.resetCounts();
      const rows = await repo.all(query, { tenant }).catch((error) => {
        if (!(error instanceof UnsupportedQueryError)) throw error;
        expect(error.message).toMatch(/create\(index\(Person, \[|No index can serve/);
        return undefined;
      });
      const { rows: keys, rangeReads, gets } = engine.counts;
      if (rows === undefined) {
        // Refused before anything was read.
        expect([keys, rangeReads, gets]).toEqual([0, 0, 0]);
        refused++;
        continue;
      }
      served++;
      const wanted = limit === undefined ? matching.length : Math.min(limit, matching.length);
      expect(rows).toHaveLength(wanted);
      const ids = new Set(matching.map(({ id }) => id));
      expect(rows.every(({ id }) => ids.has(id))).toBe(true);
      expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
      // Each range gives at most the limit, and all of them together no row that does not match.
      expect(keys).toBeLessThanOrEqual(
        Math.min(matching.length, limit === undefined ? Infinity : limit * spans),
      );
    }
    expect(served).toBeGreaterThan(runs / 10);
    expect(refused).toBeGreaterThan(runs / 10);
  });

  test("are in the order that they ask for", async () => {
    const { repo, tenant } = world;
    for (const field of ["id", "age", "email"] as const) {
      for (const direction of ["asc", "desc"] as const) {
        const rows = await repo.all(from(Person).orderBy({ [field]: direction } as never), { tenant });
        const values = rows.map((row) => row[field]);
        const sorted = [...values].sort((a, b) => compare(a, b) * (direction === "asc" ? 1 : -1));
        expect(values).toEqual(sorted);
        expect(rows).toHaveLength(people.length);
      }
    }
  });
});

test("what is refused is served when the caller says that it may scan, and gives the same as a filter in memory", async () => {
  const { repo, tenant } = world;
  for (let run = 0; run < runs / 4; run++) {
    const { query, matching, limit } = draw();
    const rows = await repo.all(query.scan(), { tenant });
    expect(rows).toHaveLength(limit === undefined ? matching.length : Math.min(limit, matching.length));
    const count = await repo.count(query.scan(), { tenant });
    expect(count).toBe(rows.length);
  }
});
