/**
 * Moves money between accounts as fast as it can until it is killed. Each acknowledged transfer is one line on
 * standard output, written synchronously after the commit resolved.
 */
import { writeSync } from "node:fs";
import { openEngine, transact } from "../../../lib/engine/index.js";
import { ACCOUNTS, accountKey, decode, encode, START, transferKey, WORKERS } from "./bank.js";

const [path, run, durability] = process.argv.slice(2) as [string, string, "sync" | "relaxed"];
const engine = await openEngine(`embedded:${path}`, { durability });

await transact(engine, async (tx) => {
  if ((await tx.get(accountKey(0))) !== undefined) return;
  for (let i = 0; i < ACCOUNTS; i++) tx.set(accountKey(i), encode(START));
});
writeSync(1, "ready\n");

const pick = (below: number): number => Math.floor(Math.random() * below);
let serial = 0;

async function work(): Promise<never> {
  for (;;) {
    const id = `${run}-${serial++}`;
    const from = pick(ACCOUNTS);
    const to = (from + 1 + pick(ACCOUNTS - 1)) % ACCOUNTS;
    const amount = 1 + pick(9);
    await transact(engine, async (tx) => {
      const [a, b] = await Promise.all([tx.get(accountKey(from)), tx.get(accountKey(to))]);
      tx.set(accountKey(from), encode(decode(a!) - amount));
      tx.set(transferKey(id), Buffer.from(JSON.stringify([from, to, amount])));
      tx.set(accountKey(to), encode(decode(b!) + amount));
    });
    writeSync(1, `${id}\n`);
    // Relaxed commits resolve without I/O; the event loop still has to turn.
    if (serial % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}
await Promise.all(Array.from({ length: WORKERS }, work));
