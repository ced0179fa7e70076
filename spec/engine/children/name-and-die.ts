/** Commits twice, prints how the store names both states, and kills itself. Arguments: store, durability. */
import { writeSync } from "node:fs";
import { openEngine } from "../../../lib/engine/index.js";

const [path, durability] = process.argv.slice(2) as [string, "sync" | "relaxed"];
const engine = await openEngine(`embedded:${path}`, { durability });
const commit = async (key: string): Promise<string> => {
  const tx = engine.begin();
  tx.set(Buffer.from(key), Buffer.from("1"));
  await tx.commit();
  // Later than the commit, as a reader in between sees it.
  await new Promise((resolve) => setTimeout(resolve, 5));
  return engine.lives!.nameAt(await engine.begin().getReadVersion());
};
const first = await commit("a");
const last = await commit("b");
writeSync(1, JSON.stringify({ first, last }));
process.kill(process.pid, "SIGKILL");
