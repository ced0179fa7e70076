/** Opens a store when the clock says so, tells whether it got it, and holds it until its input ends. */
import { setTimeout as sleep } from "node:timers/promises";
import { openEngine } from "../../../lib/engine/index.js";

const [path, at = "0"] = process.argv.slice(2) as [string, string?];
while (Date.now() < Number(at)) await sleep(1);
try {
  const engine = await openEngine(`embedded:${path}`);
  process.stdout.write("open\n");
  await new Promise((resolve) => process.stdin.resume().once("end", resolve));
  await engine.close();
} catch (error) {
  process.stdout.write(`${(error as Error).name}\n`);
}
