/** Commits rows to a durable store, one after the other, and kills itself. Arguments: store, rows, bytes of each. */
import { openEngine, transact } from "../../../lib/engine/index.js";

const [path, rows, bytes] = process.argv.slice(2) as [string, string, string];
const engine = await openEngine(`embedded:${path}`);
for (let i = 0; i < Number(rows); i++) {
  await transact(engine, async (tx) => {
    tx.set(Buffer.from(`row/${i}`), Buffer.alloc(Number(bytes), "x"));
    tx.set(Buffer.from("last"), Buffer.from(String(i)));
  });
}
process.kill(process.pid, "SIGKILL");
