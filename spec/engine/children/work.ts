/** A worker thread with a store open, which commits, ends or waits as it is told. */
import { parentPort, workerData } from "node:worker_threads";
import { openEngine } from "../../../lib/engine/index.js";

const { path, then } = workerData as { path: string; then: "wait" | "exit" | "close" | "commit" };
try {
  const engine = await openEngine(`embedded:${path}`);
  const put = async (value: number): Promise<void> => {
    const tx = engine.begin();
    tx.set(Buffer.from("worker"), Buffer.from(String(value)));
    await tx.commit();
  };
  await put(0);
  if (then === "close") await engine.close();
  parentPort!.postMessage({ open: true });
  if (then === "exit") process.exit(0);
  for (let i = 1; then === "commit"; i++) {
    await put(i);
    parentPort!.postMessage({ acknowledged: i });
  }
  if (then === "wait") setInterval(() => undefined, 1000);
} catch (error) {
  parentPort!.postMessage({ refused: (error as Error).name, message: (error as Error).message });
}
