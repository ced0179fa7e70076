/** Counts in a shared store until its input ends, then prints what it counted and how; a word of its own says how far it is. */
import { openEngine, transact } from "../../../lib/engine/index.js";

const [path = "", name = "", loops = "8", count = "25", pause = "0"] = process.argv.slice(2);
const engine = await openEngine(`embedded:${path}?share`);
process.stdout.write(`open ${engine.begin().constructor.name}\n`);
const counter = Buffer.from("counter");
let acknowledged = 0;
let unknown = 0;
const one = async (): Promise<void> => {
  for (let n = 0; n < Number(count); n++) {
    let hidden = 0;
    await transact(
      engine,
      async (tx) => {
        const value = await tx.get(counter);
        const next = Buffer.alloc(4);
        next.writeUInt32LE((value === undefined ? 0 : Buffer.from(value).readUInt32LE(0)) + 1);
        tx.set(counter, next);
        tx.set(Buffer.from(`${name}/${acknowledged}`), next);
      },
      {
        shouldRetry: (error) => {
          if (error.fdbCode === 1021) hidden++;
          return true;
        },
      },
    );
    unknown += hidden;
    acknowledged++;
    // Whoever owns the store is much nearer to it, and would leave the others nothing but conflicts.
    if (pause !== "0") await new Promise((resolve) => setTimeout(resolve, Number(pause)));
    if (acknowledged === 20) process.stdout.write("going\n");
  }
};
await Promise.all(Array.from({ length: Number(loops) }, one));
process.stdout.write(`${JSON.stringify({ acknowledged, unknown })}\n`);
await new Promise((resolve) => process.stdin.resume().once("end", resolve));
await engine.close();
