import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { build, exec, moduleUrl, removeBuild, start } from "./support/built.js";
import { inFolder } from "./support/run.js";

/** `PLINTH_TENANTS=500 PLINTH_KILLS=50 npm test -- spec/cli/migrate-kill` runs it at full size. */
const TENANTS = Number(process.env.PLINTH_TENANTS ?? 5);
const KILLS = Number(process.env.PLINTH_KILLS ?? 2);
const ROWS = 35;
const BATCH = 10;
const BATCHES = Math.ceil(ROWS / BATCH);

beforeAll(build);
afterAll(removeBuild);

/** Each batch adds one to its records, and inserts a record of its own that nobody can insert twice. */
const program = (url: string) => `
import { writeSync } from "node:fs";
import { change } from "${moduleUrl("changeset/index.js")}";
import { create, index, Migration } from "${moduleUrl("migration/index.js")}";
import { from } from "${moduleUrl("query/index.js")}";
import { execute, Repo } from "${moduleUrl("repo/index.js")}";
import { Field, PrimaryKey, Schema } from "${moduleUrl("schema/index.js")}";
import { Tenant } from "${moduleUrl("tenant/index.js")}";

export class Person {}
PrimaryKey("binary_id")(Person.prototype, "id");
Field("string")(Person.prototype, "name");
Field("integer")(Person.prototype, "touched");
Schema("people")(Person);
export class Batch {}
PrimaryKey("id")(Batch.prototype, "id");
Field("integer")(Batch.prototype, "rows");
Schema("batches")(Batch);

class Names extends Migration { change() { return [create(index(Person, ["name"]))]; } }
class Touch extends Migration {
  change() {
    return [
      execute(async (tx, cursor) => {
        const done = cursor?.done ?? 0;
        const { rows, next } = await tx.page(from(Person), { limit: ${BATCH}, after: cursor?.after ?? null });
        for (const one of rows) await tx.update(change(one, { touched: one.touched + 1 }));
        await tx.insert(Batch, { id: done, rows: rows.length });
        writeSync(1, "batch\\n");
        return next === null ? null : { done: done + 1, after: next };
      }),
      create(index(Person, ["touched"])),
    ];
  }
}
export const repoOf = (migrations) => new Repo({ url: "${url}", storageId: "app", migrations });
export default { repo: () => repoOf([[1, Names], [2, Touch]]), schemas: [Person, Batch] };
export { from, Tenant };
`;

const seed = `
import { Person, repoOf, Tenant } from "./plinth.config.mjs";
const repo = repoOf([]);
for (let n = 0; n < ${TENANTS}; n++) {
  const tenant = await Tenant.openOrCreate(repo, "t" + String(n).padStart(3, "0"));
  const rows = Array.from({ length: ${ROWS} }, (_, k) => ({ id: "p" + String(k).padStart(3, "0"), name: "n" + k, touched: 0 }));
  await repo.insertAll(Person, rows, { tenant });
}
await repo.close();
`;

/** What every tenant holds, in words that can be compared. */
const look = `
import { Batch, from, Person, repoOf, Tenant } from "./plinth.config.mjs";
const repo = repoOf([]);
const found = {};
for await (const id of Tenant.list(repo)) {
  const tenant = await Tenant.open(repo, id);
  const touched = (await repo.all(from(Person).where({ touched: 1 }), { tenant })).length;
  const batches = (await repo.all(from(Batch).orderBy("id"), { tenant })).map(({ id, rows }) => id + ":" + rows);
  const what = touched + " people once, batches " + batches.join(" ");
  found[what] = (found[what] ?? 0) + 1;
}
await repo.close();
console.log(JSON.stringify(found));
`;

async function project(folder: string): Promise<string> {
  await mkdir(folder);
  await writeFile(join(folder, "plinth.config.mjs"), program("embedded:./data"));
  await writeFile(join(folder, "seed.mjs"), seed);
  await writeFile(join(folder, "look.mjs"), look);
  expect(await exec(`"${process.execPath}" seed.mjs`, folder)).toMatchObject({ code: 0 });
  return folder;
}

/** Starts migrating, and kills it behind its nth batch; tells whether it was killed. */
async function migrateAndKill(folder: string, after: number, delayMs: number): Promise<boolean> {
  const child = start(["migrate"], folder);
  let seen = 0;
  let killed = false;
  child.stdout?.on("data", (chunk: Buffer) => {
    seen += chunk.toString().split("batch\n").length - 1;
    if (seen < after || killed) return;
    killed = true;
    setTimeout(() => child.kill("SIGKILL"), delayMs);
  });
  const [, signal] = (await once(child, "close")) as [number | null, string | null];
  return signal === "SIGKILL";
}

let state = Number(process.env.PLINTH_SEED ?? 7);
const random = (): number => {
  state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
  return state / 2_147_483_648;
};

test(
  `plinth migrate of ${TENANTS} tenants with a data migration, killed ${KILLS} times: every batch once`,
  () =>
    inFolder(async (base) => {
      const folder = await project(join(base, "killed"));
      const most = Math.max(1, Math.floor((TENANTS * BATCHES) / (KILLS + 1)));
      let kills = 0;
      while (kills < KILLS) {
        if (!(await migrateAndKill(folder, 1 + Math.floor(random() * most), random() * 20))) break;
        kills++;
      }
      expect(kills).toBe(KILLS);
      expect((await exec("plinth migrate", folder)).code).toBe(0);
      const killed = JSON.parse((await exec(`"${process.execPath}" look.mjs`, folder)).stdout) as object;
      const sizes = Array.from({ length: BATCHES }, (_, n) => `${n}:${Math.min(BATCH, ROWS - n * BATCH)}`);
      expect(killed).toEqual({ [`${ROWS} people once, batches ${sizes.join(" ")}`]: TENANTS });
      const check = await exec("plinth check", folder);
      expect([check.code, check.stdout]).toEqual([0, expect.stringContaining("0 problems found")]);

      const clean = await project(join(base, "clean"));
      expect((await exec("plinth migrate", clean)).code).toBe(0);
      expect(JSON.parse((await exec(`"${process.execPath}" look.mjs`, clean)).stdout)).toEqual(killed);
      process.stdout.write(
        `${TENANTS} tenants, ${TENANTS * BATCHES} batches, ${kills} kills: every batch once, equal to a run without kills\n`,
      );
    }),
  3_600_000,
);
