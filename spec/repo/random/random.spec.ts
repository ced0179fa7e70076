import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Repo, Tenant } from "../../../lib/index.js";
import { runs, timeout } from "../runs.js";
import { checkIndexes, checkQuery, queries } from "./check.js";
import { Model } from "./model.js";
import { completePending, perform, type World } from "./perform.js";
import { realise, schemas } from "./schema.js";
import { type Step, steps } from "./steps.js";

let store: Repo;
let n = 0;
beforeAll(() => {
  store = new Repo({ url: "memory:", storageId: "random" });
});
afterAll(() => store.close());

/** A counterexample as text: types by their names, long texts by their lengths. */
const shown = (value: unknown): string =>
  JSON.stringify(
    value,
    (_, part: unknown) => {
      if (typeof part === "bigint") return `${part}n`;
      if (typeof part === "string" && part.length > 100) return `${part.length} characters`;
      if (typeof part === "object" && part !== null && "compare" in part)
        return (part as { name?: string }).name;
      return part;
    },
    1,
  );

const isInsert = ({ kind }: { readonly kind: string }) => ["insert", "insertAll"].includes(kind);

async function carryOut(world: World, step: Step, check: (inside: World) => Promise<void>): Promise<void> {
  if (step.kind !== "together") return perform(world, step);
  const { model } = world;
  const before = model.state;
  const stamped = model.schema.key.name === "versionstamp";
  // Rows whose keys the commit assigns cannot be read in their own transaction.
  const parts = stamped
    ? step.steps.filter((part) => isInsert(part) === isInsert(step.steps[0]!))
    : step.steps;
  const reads = !stamped || !isInsert(step.steps[0]!);
  const pending: World["pending"] = [];
  await world.repo.transactional(world.tenant, async () => {
    model.state = before;
    pending.length = 0;
    const inside = { ...world, inside: true, pending };
    for (const part of parts) {
      if (part.kind === "upsert" && stamped) continue;
      await perform(inside, part);
      if (reads) await check(inside);
    }
    if (step.rollback) world.repo.rollback();
  });
  if (step.rollback) model.state = before;
  else completePending({ ...world, pending });
}

test(
  "of any schema, after every step of any history, each index equals a scan and each query a filtered Map",
  async () => {
    let served = 0;
    let refused = 0;
    const run = schemas
      .chain((schema) =>
        fc.record({
          schema: fc.constant(schema),
          history: steps(schema),
          asked: fc.array(queries(schema), { minLength: 4, maxLength: 4 }),
        }),
      )
      .map((one) => Object.defineProperty(one, fc.toStringMethod, { value: () => shown(one) }));
    const property = fc.asyncProperty(run, async ({ schema, history, asked }) => {
      const random = realise(schema);
      const repo = new Repo({
        engine: await store.engine(),
        storageId: "random",
        migrations: [[1, random.migration]],
      });
      const tenant = await Tenant.openEmpty(repo, `run ${n++}`);
      const world: World = { repo, tenant, model: new Model(schema), random, inside: false, pending: [] };
      for (const [i, step] of history.entries()) {
        await carryOut(world, step, async (inside) => {
          await checkIndexes(inside);
          await checkQuery(inside, asked[i % 4]!);
        });
        await checkIndexes(world);
        await checkQuery(world, asked[(i + 1) % 4]!);
      }
      for (const query of asked) (await checkQuery(world, query)) ? served++ : refused++;
      await Tenant.clearAndDelete(repo, tenant.id);
    });
    await fc.assert(property, runs(25));
    expect(served).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
  },
  timeout(60_000),
);
