import { createHash } from "node:crypto";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { exportTenant } from "../../lib/cli/transfer/export-tenant.js";
import { keyPages } from "../../lib/cli/transfer/pages.js";
import { spaceRange } from "../../lib/cli/transfer/tenant-ranges.js";
import { Repo } from "../../lib/repo/index.js";
import { Tenant } from "../../lib/tenant/index.js";
import { inFolder, plinth } from "./support/run.js";
import { migrations, Product, Review, schemas } from "./support/shop.js";

/** `PLINTH_ROWS=100000 npm test -- spec/cli/large-transfer` moves more. */
const ROWS = Number(process.env.PLINTH_ROWS ?? 3_000);
/** Each tenth review comes with a product. */
const RECORDS = ROWS + Math.ceil(ROWS / 10);
const signal = new AbortController().signal;

/** Keys and values of a space, in one hash; nothing is kept. */
async function digest(repo: Repo, tenant: Tenant, space: "data" | "index" | "unique" | "counter") {
  const hash = createHash("sha256");
  let keys = 0;
  for await (const { items } of keyPages(await repo.engine(), spaceRange(tenant, space), signal)) {
    for (const [key, value] of items) {
      keys++;
      hash.update(key.subarray(tenant.prefix.length)).update(value);
    }
  }
  return { keys, hash: hash.digest("hex") };
}

test(
  `${RECORDS} records move from one store to another in pages and batches, and everything is equal`,
  () =>
    inFolder(async (folder) => {
      const open = (name: string) =>
        new Repo({ url: `embedded:${join(folder, name)}`, storageId: name, migrations });
      const from = open("from");
      const tenant = await Tenant.create(from, "acme");
      for (let at = 0; at < ROWS; at += 1_000) {
        const batch = Array.from({ length: Math.min(1_000, ROWS - at) }, (_, n) => at + n);
        await from.insertAll(
          Review,
          batch.map((n) => ({ productId: `p${n % 50}`, score: (n % 5) + 1 })),
          { tenant },
        );
        // A tenth of them long, so that pages end by bytes.
        const long = batch.filter((n) => n % 10 === 0);
        const products = long.map((n) => ({
          id: `p${n}`,
          name: `${n} ${"x".repeat(5_000)}`.slice(0, 900),
          sku: `${n}`,
        }));
        await from.insertAll(
          Product,
          products.map((product) => ({ ...product, extra: { text: "y".repeat(16_000) } })),
          { tenant },
        );
      }

      const sizes: number[] = [];
      const options = { storageId: "from", signal, now: Date.now };
      for await (const { text } of exportTenant(await from.engine(), tenant, options))
        sizes.push(text.length);
      const total = sizes.reduce((sum, size) => sum + size, 0);
      // One transaction's worth is in memory at a time, however much there is.
      expect(total).toBeGreaterThan(3_000_000);
      expect(Math.max(...sizes)).toBeLessThan(2_500_000);

      const config = { repo: from, schemas };
      const cwd = folder;
      const exported = await plinth(["export", "acme", "-o", "acme.jsonl", "--json"], { config, cwd });
      expect(exported.json()).toMatchObject([{ rows: RECORDS, changed: [] }]);
      const to = open("to");
      const copy = { config: { repo: to, schemas }, cwd };
      const imported = await plinth(["import", "-i", "acme.jsonl", "--json"], copy);
      expect(imported.json()).toMatchObject([{ rows: RECORDS, written: RECORDS }]);

      const other = await Tenant.open(to, "acme");
      for (const space of ["data", "index", "unique", "counter"] as const) {
        const before = await digest(from, tenant, space);
        expect(before.keys).toBeGreaterThan(0);
        expect(await digest(to, other, space)).toEqual(before);
      }
      expect((await plinth(["check"], copy)).code).toBe(0);
      await Promise.all([from.close(), to.close()]);
    }),
  600_000,
);
