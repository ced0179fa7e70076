/** Opens a memory store and writes into it until it is killed. */
import { openEngine, transact } from "../../../lib/engine/index.js";

const engine = await openEngine("memory:");
await transact(engine, async (tx) => tx.set(Buffer.from("a"), Buffer.alloc(50_000)));
process.stdout.write("go\n");
for (let n = 0; ; n++) {
  await transact(engine, async (tx) => tx.set(Buffer.from(`${n % 1000}`), Buffer.alloc(5000)));
  await new Promise((resolve) => setTimeout(resolve, 1));
}
