/** Commits until the store refuses, then says how many were acknowledged, with which error, and what is readable. */
import { openEngine, readRangeAll, transact } from "../../../lib/engine/index.js";

const [path, durability] = process.argv.slice(2) as [string, "sync" | "relaxed"];
const engine = await openEngine(`embedded:${path}`, { durability });
let acknowledged = 0;
let error: unknown;
while (error === undefined && acknowledged < 10_000) {
  try {
    await transact(engine, async (tx) => tx.set(Buffer.from(`row/${acknowledged}`), Buffer.alloc(50_000, 1)));
    acknowledged++;
  } catch (caught) {
    error = caught;
  }
}
const rows = await transact(engine, (tx) => readRangeAll(tx, Buffer.from("row/"), Buffer.from("row0")));
console.log(
  JSON.stringify({ acknowledged, readable: rows.length, code: (error as { code?: string })?.code }),
);
process.exit(0);
