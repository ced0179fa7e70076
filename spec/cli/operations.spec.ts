import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { transact } from "../../lib/engine/index.js";
import { create, index, Migration, Migrator } from "../../lib/migration/index.js";
import { newClaim, writeClaim } from "../../lib/migration/store/claim.js";
import type { Repo } from "../../lib/repo/index.js";
import { Field, PrimaryKey, Schema } from "../../lib/schema/index.js";
import { Tenant } from "../../lib/tenant/index.js";
import { loseEntries } from "./support/plant.js";
import { plinth, type RunOptions } from "./support/run.js";
import { Catalog, fill, openRepo, Product, Review, schemas } from "./support/shop.js";

let repo: Repo;
let options: RunOptions;

beforeEach(() => {
  repo = openRepo();
  options = { config: { repo, schemas } };
});
afterEach(() => repo.close());

const run = (line: string, more: RunOptions = {}) => plinth(line.split(" "), { ...options, ...more });

/** The same store as seen by an older release. */
async function older(): Promise<Repo> {
  const { Repo: Made } = await import("../../lib/repo/index.js");
  return new Made({ engine: await repo.engine(), storageId: "shop", migrations: [[1, Catalog]] });
}

describe("cursors", () => {
  test("are signed with a new key; older ones stay good for a while, or are refused at once", async () => {
    expect((await run("cursors rotate --json")).json()).toEqual([{ rotated: true, keys: 1, keepHours: 24 }]);
    expect((await run("cursors rotate --keep 1")).stdout).toBe(
      "Cursors are signed with a new key. Older cursors are good for up to 1 hour.\n",
    );
    expect((await run("cursors rotate --json")).json()).toMatchObject([{ keys: 3 }]);
    expect((await run("cursors rotate --keep -1")).code).toBe(2);
    const refused = await run("cursors rotate --keep 0");
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(/--yes/);
    expect((await run("cursors rotate --keep 0 --yes")).stdout).toMatch(/No older cursor is good/);
  });
});

describe("tenants", () => {
  test("are created, listed in byte order and deleted", async () => {
    expect((await run("tenants create b a")).stdout).toBe("Created b\nCreated a\n");
    expect((await run("tenants list")).stdout).toBe("a\nb\n");
    expect((await run("tenants list --prefix b --json")).json()).toEqual([{ tenant: "b" }]);
    expect((await run("tenants delete a b --yes")).stdout).toBe("Deleted a\nDeleted b\n");
    expect((await run("tenants list")).stdout).toBe("");
  });

  test("with ids that a terminal would misread are shown as JSON", async () => {
    for (const id of ["a b", " x", "tab\t", "\u001b[2J", "naïve"]) await Tenant.create(repo, id);
    expect((await run("tenants list")).stdout.split("\n")).toEqual([
      '"\\u001b[2J"',
      '" x"',
      "a b",
      "naïve",
      '"tab\\t"',
      "",
    ]);
  });

  test("with hostile ids never drive the terminal", async () => {
    for (const id of ["\u001b[2J\u001b]0;owned\u0007", "-x", "--yes"]) await Tenant.create(repo, id);
    for (const terminal of [undefined, []]) {
      const more = terminal === undefined ? {} : { terminal };
      const ran = await plinth(["status"], { ...options, ...more, env: { NO_COLOR: "1" } });
      expect(ran.stdout).toContain(String.raw`"\u001b[2J\u001b]0;owned\u0007"`);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
      expect(ran.stdout).not.toMatch(/\u001b|\u0007/);
    }
    expect((await run("status --tenant=-x --json")).json()).toMatchObject([{ tenant: "-x" }]);
    expect((await run("tenants delete --yes -- --yes -x")).stdout).toBe("Deleted --yes\nDeleted -x\n");
  });

  test("that exist are refused, or left alone with --if-missing", async () => {
    await run("tenants create a");
    const again = await run("tenants create a");
    expect(again.code).toBe(1);
    expect(again.stderr).toContain("[tenant_exists]");
    expect((await run("tenants create a --if-missing --json")).json()).toEqual([
      { tenant: "a", created: false },
    ]);
  });

  test("are not deleted without a yes", async () => {
    await run("tenants create a");
    const piped = await run("tenants delete a");
    expect(piped.code).toBe(4);
    expect(piped.stderr).toContain("Add --yes");
    const no = await run("tenants delete a", { terminal: ["no"] });
    expect(no.code).toBe(4);
    expect(await Tenant.exists(repo, "a")).toBe(true);
    const interrupted = await run("tenants delete a", { terminal: ["\u0003"] });
    expect(interrupted.code).toBe(130);
    const yes = await run("tenants delete a", { terminal: ["y"] });
    expect(yes.code).toBe(0);
    expect(yes.stderr).toContain("Delete a with all data? [y/N]");
    expect(await Tenant.exists(repo, "a")).toBe(false);
  });

  test("none is deleted when one of them is not there", async () => {
    await run("tenants create acme");
    const { code, stderr } = await run("tenants delete acme acmee --yes");
    expect(code).toBe(1);
    expect(stderr).toContain('Did you mean "acme"');
    expect(await Tenant.exists(repo, "acme")).toBe(true);
  });
});

describe("status", () => {
  test("shows versions, rows, index states and what is outstanding, and migrates nothing", async () => {
    const old = await older();
    await fill(old, "acme", 3);
    const { stdout } = await run("status -t acme");
    expect(stdout).toContain("acme  version 1 (1 outstanding)");
    expect(stdout).toMatch(/applied {5}1 Catalog, \d{4}-/);
    expect(stdout).toContain("outstanding 2 Counts");
    expect(stdout).toMatch(/^reviews +3$/m);
    expect(stdout).toMatch(/^products_sku_index +products +index +sku; unique +readable$/m);
    expect(stdout).toMatch(
      /^reviews_productId_insertedAt_index +reviews +index +productId, insertedAt; with score +readable$/m,
    );
    const [status] = (await run("status --json")).json();
    expect(status).toMatchObject({
      tenant: "acme",
      version: 1,
      outstanding: [{ version: 2, name: "Counts" }],
      claim: null,
      rows: [
        { source: "events", rows: 2, atLeast: false },
        { source: "products", rows: 2, atLeast: false },
        { source: "reviews", rows: 3, atLeast: false },
      ],
    });
  });

  test("shows several tenants in a line each", async () => {
    await fill(repo, "a", 1);
    await Tenant.create(repo, "b");
    const { stdout } = await run("status");
    expect(stdout.split("\n")).toEqual([
      "tenant  version  rows  indexes     claim",
      "a       2           5  9 readable  -",
      "b       2           0  9 readable  -",
      "",
    ]);
  });

  test("tells who is migrating a tenant, and how far", async () => {
    const tenant = await fill(repo, "a", 1);
    const engine = await repo.engine();
    const claim = {
      ...newClaim(),
      host: "worker-1",
      pid: 42,
      startedAt: 1_000,
      version: 3,
      source: "reviews",
    };
    await transact(engine, async (tx) =>
      writeClaim(tx, tenant, { ...claim, rows: 900, bytes: 4_500, totalBytes: 10_000 }),
    );
    const { stdout } = await run("status -t a", { now: () => 3_500 });
    expect(stdout).toContain("claim       migration 3 reviews 45 %, 900 rows, by worker-1:42 for 2.5 s");
    expect((await run("status --json")).json()).toMatchObject([{ claim: { host: "worker-1", share: 0.45 } }]);
  });

  test("without tenants says how to make one", async () => {
    expect((await run("status")).stdout).toContain("plinth tenants create");
  });
});

describe("migrate", () => {
  test("brings every tenant up, with a line for each and a total; a second run does nothing", async () => {
    const old = await older();
    for (const id of ["a", "b", "c"]) await fill(old, id, 4);
    let ms = 0;
    const first = await run("migrate --concurrency 2", { now: () => (ms += 1_000) });
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(/^b {2}applied 2 {2}\d+ rows read, /m);
    expect(first.stdout).toContain("3 tenants migrated, 0 up to date already, 0 failed");
    expect(first.stderr).toMatch(/^migrating {2}3 of 3 tenants \(100 %\)/m);
    const second = await run("migrate --json");
    expect(second.json().map(({ applied }) => applied)).toEqual([[], [], []]);
    const tenant = await Tenant.open(repo, "b");
    expect(await repo.count(Product, { tenant })).toBe(2);
  });

  test("goes on behind a tenant that fails, and the exit code says so", async () => {
    class UniqueScores extends Migration {
      change() {
        return [create(index(Review, ["score"], { unique: true, name: "unique_scores" }))];
      }
    }
    const old = await older();
    await fill(old, "bad", 12);
    await fill(old, "good", 3);
    const { Repo: Made } = await import("../../lib/repo/index.js");
    const engine = await repo.engine();
    const next = new Made({
      engine,
      storageId: "shop",
      migrations: [
        [1, Catalog],
        [2, UniqueScores],
      ],
    });
    const ran = await plinth(["migrate", "--json"], { config: { repo: next } });
    expect(ran.code).toBe(1);
    const byTenant = new Map(ran.json().map((line) => [line.tenant, line]));
    expect(byTenant.get("good")).toMatchObject({ applied: [2] });
    expect(byTenant.get("bad")).toMatchObject({
      error: { message: expect.stringContaining("unique_scores") },
    });
  });

  test("of a repo without migrations says so", async () => {
    const { Repo: Made } = await import("../../lib/repo/index.js");
    const bare = new Made({ engine: await repo.engine(), storageId: "shop" });
    expect((await plinth(["migrate"], { config: { repo: bare } })).stderr).toContain("has no migrations");
  });
});

describe("check", () => {
  test("finds a lost entry, exits with 3, repairs it, and is content afterwards", async () => {
    const tenant = await fill(repo, "acme");
    await fill(repo, "other", 2);
    expect((await run("check")).code).toBe(0);
    await loseEntries(repo, tenant);
    const found = await run("check");
    expect(found.code).toBe(3);
    expect(found.stdout).toMatch(/^acme {2}1 problem /m);
    expect(found.stdout).toMatch(/^ {2}missing-entry {2}events \/ events_text_index \/ a, /m);
    expect(found.stdout).toMatch(/^other {2}ok/m);
    expect(found.stderr).toContain("plinth check --repair");
    const repaired = await run("check --repair -t acme --json");
    expect(repaired.code).toBe(0);
    expect(repaired.json()[0]).toMatchObject({ problems: [{ kind: "missing-entry", repaired: true }] });
    expect((await run("check -t acme")).stdout).toContain("1 tenant checked, 0 problems found");
  });

  test("shows people the first fifty problems of a tenant, and programs all", async () => {
    const tenant = await fill(repo, "acme", 60);
    await loseEntries(repo, tenant, 64);
    const { code, stdout } = await run("check");
    expect(code).toBe(3);
    expect(stdout).toContain("64 problems");
    expect(stdout.match(/missing-entry/g)).toHaveLength(50);
    expect(stdout).toContain("… and 14 more; --json lists all");
    expect((await run("check --json")).json()[0]?.problems).toHaveLength(64);
  });

  test("of one source leaves the others alone", async () => {
    const tenant = await fill(repo, "acme");
    await loseEntries(repo, tenant);
    expect((await run("check --source reviews")).code).toBe(0);
    expect((await run("check --source events")).code).toBe(3);
  });
});

@Schema("products")
class Renamed {
  @PrimaryKey("binary_id") declare id: string;
  @Field("string") declare title: string | null;
  @Field("string") declare name: string | null;
}

@Schema("products")
class Without {
  @PrimaryKey("binary_id") declare id: string;
  @Field("string") declare title: string | null;
}

describe("fields", () => {
  const as = (schema: typeof Renamed | typeof Without) => ({ config: { repo, schemas: [schema] } });

  test("are copied where they differ, in all tenants, with a total", async () => {
    const tenant = await fill(repo, "a", 0);
    await fill(repo, "b", 0);
    const { code, stdout } = await plinth(["copy-field", "Renamed", "name", "title", "--yes"], as(Renamed));
    expect(code).toBe(0);
    expect(stdout).toBe(
      "a  2 records changed of 2\nb  2 records changed of 2\n4 records changed of 4 in all\n",
    );
    expect(await repo.get(Renamed, "p2", { tenant })).toMatchObject({ title: "Instant-Tree Seeds" });
    const again = await plinth(["copy-field", "products", "name", "title", "-y", "--json"], as(Renamed));
    expect(again.json().map(({ changed }) => changed)).toEqual([0, 0]);
  });

  test("are moved and deleted once nothing uses them, and only after a yes", async () => {
    const bare = openRepo([]);
    const tenant = await fill(bare, "a", 0);
    const config = { config: { repo: bare, schemas: [Without] } };
    expect((await plinth(["rename-field", "products", "name", "title"], config)).code).toBe(4);
    await plinth(["rename-field", "products", "name", "title", "--yes"], config);
    expect(await bare.get(Renamed, "p2", { tenant })).toMatchObject({
      title: "Instant-Tree Seeds",
      name: null,
    });
    const deleted = await plinth(["delete-field", "products", "7", "--yes", "--json"], config);
    expect(deleted.json()).toEqual([{ tenant: "a", rows: 2, changed: 1 }]);
    expect(await bare.get(Product, "p1", { tenant })).toMatchObject({ price: null, sku: "a" });
    await bare.close();
  });

  test("are not deleted while the schema or an index has them, and a missing schema is named", async () => {
    await fill(repo, "a", 0);
    const declared = await plinth(["delete-field", "products", "name", "--yes"], as(Renamed));
    expect(declared.code).toBe(1);
    expect(declared.stderr).toContain("still declares name");
    const indexed = await plinth(["delete-field", "products", "name", "--yes"], as(Without));
    expect(indexed.code).toBe(1);
    expect(indexed.stderr).toContain("products_name_index");
    const unknown = await plinth(["delete-field", "product", "name", "--yes"], as(Without));
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('Did you mean "products"');
  });
});

describe("explain", () => {
  beforeEach(() => Tenant.create(repo, "acme"));

  test("shows the range that is read", async () => {
    const line = "explain reviews -w productId=p1 --order-by insertedAt:desc --limit 10";
    const { code, stdout } = await run(line);
    expect(code).toBe(0);
    expect(stdout).toContain("1 range read on index reviews_productId_insertedAt_index");
    expect(stdout).toContain("limit: 10");
    expect((await run(`${line} --json`)).json()[0]).toMatchObject({
      tenant: "acme",
      access: "range",
      requests: 1,
    });
  });

  test("refuses what no index serves, with the line that would", async () => {
    const { code, stderr } = await run("explain Review -w score=1");
    expect(code).toBe(1);
    expect(stderr).toContain("[unsupported_query]");
    expect(stderr).toContain("create(index(");
  });

  test("reads values by the types of the fields, and names what it cannot read", async () => {
    expect((await run("explain Review -w score>=4 --order-by score")).stdout).toContain("score");
    expect((await run("explain Review -w score>=many")).stderr).toContain('"many" is no integer for score');
    expect((await run("explain Review -w scor=4")).stderr).toContain('Did you mean "score"');
    expect((await run("explain Review -w score")).stderr).toContain("field=value");
    expect((await run("explain Review --order-by score:up")).stderr).toContain("field:desc");
  });

  test("works without the schema", async () => {
    const { stdout } = await plinth(["explain", "products", "-w", "name^=Glo"], { config: { repo } });
    expect(stdout).toContain("products_name_index");
  });
});

describe("shell", () => {
  test("has the repo, the schemas and the tenant in scope, and awaits", async () => {
    await fill(repo, "acme", 2);
    const { code, stdout } = await run("shell -t acme", {
      stdin:
        "(await repo.all(from(Product).select('id'), { tenant })).join()\nawait Tenant.exists(repo, 'x')\n",
    });
    expect(code).toBe(0);
    expect(stdout).toBe("'p1,p2'\nfalse\n");
  });

  test("takes statements over several lines, and exits with 1 when one throws", async () => {
    const fine = await run("shell", { stdin: "const twice = (n) => {\n  return n * 2;\n};\ntwice(21)\n" });
    expect(fine.code).toBe(0);
    expect(fine.stdout).toMatch(/42\n$/);
    const failing = await run("shell", { stdin: "await repo.get(Product, 'p1')\n1 + 1\n" });
    expect(failing.code).toBe(1);
    expect(failing.stdout).toContain("Uncaught");
    expect(failing.stdout).toMatch(/2\n$/);
  });
});

test("an interrupted verb says so and exits with 130", async () => {
  await fill(repo, "acme", 1);
  const { code, stderr } = await run("check", { signal: AbortSignal.abort(new Error("stopped")) });
  expect(code).toBe(130);
  expect(stderr).toContain("Interrupted");
});

test("migrations applied by hand show in status", async () => {
  const bare = openRepo([]);
  const tenant = await Tenant.create(bare, "a");
  await Migrator.up(bare, tenant, [[5, Catalog]]);
  const ran = await plinth(["status", "--json"], { config: { repo: bare } });
  expect(ran.json()[0]).toMatchObject({ version: 5, applied: [{ version: 5, name: "Catalog" }] });
  await bare.close();
});
