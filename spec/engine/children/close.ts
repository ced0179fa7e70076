/** Closes an engine with commits in flight and prints what became of each of them. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Engine, openEngine } from "../../../lib/engine/index.js";

const [path, commits, durability, microtasks] = process.argv.slice(2) as [
  string,
  string,
  "sync" | "relaxed",
  string,
];
const engine = await openEngine(`embedded:${path}`, { durability });
const put = async (on: Engine, key: string): Promise<void> => {
  const tx = on.begin();
  tx.set(Buffer.from(key), Buffer.from("1"));
  await tx.commit();
};
const settled: string[] = Array(Number(commits)).fill("open");
for (let i = 0; i < settled.length; i++)
  put(engine, `k${i}`).then(
    () => {
      settled[i] = "acknowledged";
    },
    (error) => {
      settled[i] = String(error.fdbCode ?? error.code);
    },
  );
for (let i = 0; i < Number(microtasks); i++) await null;
let turned = false;
setImmediate(() => {
  turned = true;
});
await engine.close();
await sleep(1);
console.log(JSON.stringify({ settled, turned }));
