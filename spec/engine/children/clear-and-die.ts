/** Clears a large range, goes on writing into it, and is killed; says each key once it is acknowledged. */
import { openEngine, transact } from "../../../lib/engine/index.js";

const [path, rows] = process.argv.slice(2) as [string, string];
const key = (n: number): Buffer => Buffer.from(`k${String(n).padStart(6, "0")}`);
const first = await openEngine(`embedded:${path}`);
for (let n = 0; n < Number(rows); n += 1000) {
  await transact(first, async (tx) => {
    for (let i = n; i < n + 1000; i++) tx.set(key(i), Buffer.from("old"));
  });
}
await first.close();
// A clock at fifty times the pace: the past is over after a tenth of a second.
const engine = await openEngine(`embedded:${path}`, { clock: () => performance.now() * 50_000 });
await transact(engine, async (tx) => tx.clearRange(key(1000), key(Number(rows) - 1000)));
process.stdout.write("cleared\n");
for (let n = 0; ; n++) {
  await transact(engine, async (tx) => tx.set(key(1000 + n * 3), Buffer.from(`new ${n}`)));
  process.stdout.write(`${n}\n`);
  if (n % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}
