/** Commits from sixty callers without a pause, closes its engine on SIGTERM, and prints what it acknowledged. */
import { openEngine } from "../../../lib/engine/index.js";

const engine = await openEngine(`embedded:${process.argv[2]}`);
let acknowledged = 0;
let unexpected: string | undefined;
process.on("unhandledRejection", (error) => {
  unexpected = String(error);
});
process.on("SIGTERM", async () => {
  await engine.close();
  console.log(JSON.stringify({ acknowledged, unexpected }));
  process.exit(0);
});
const call = async (): Promise<void> => {
  for (let i = 0; ; i++) {
    const tx = engine.begin();
    const key = `k${String(acknowledged).padStart(9, "0")}`;
    tx.set(Buffer.from(key), Buffer.from("1"));
    await tx.commit();
    if (++acknowledged === 600) console.log("warm");
    if (i % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
};
for (let i = 0; i < 60; i++) call().catch(() => undefined);
