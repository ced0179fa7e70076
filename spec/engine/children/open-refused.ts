/** Opens a store under a condition that the system refuses, and again without it, while another store stays open. */
import { closeSync, openSync, rmSync } from "node:fs";
import { type Engine, openEngine } from "../../../lib/engine/index.js";
import { PlinthError } from "../../../lib/errors.js";

const { url, other, descriptors, user, fill } = JSON.parse(process.argv[2]!) as {
  url: string;
  other: string;
  /** That are left when the store is opened. */
  descriptors?: number;
  /** To become before it. */
  user?: number;
  /** A file that takes all the room, removed before the second attempt. */
  fill?: string;
};
const put = async (engine: Engine, key: string): Promise<void> => {
  const tx = engine.begin();
  tx.set(Buffer.from(key), Buffer.from("1"));
  await tx.commit();
};
const attempt = async (): Promise<unknown> => {
  try {
    const engine = await openEngine(url);
    await put(engine, "a");
    await engine.close();
    return "opened";
  } catch (error) {
    if (!(error instanceof PlinthError)) return String(error);
    return { code: error.code, errno: (error as { errno?: string }).errno };
  }
};
const neighbour = await openEngine(other);
await put(neighbour, "a");
if (user !== undefined) process.setuid!(user);
const held: number[] = [];
if (descriptors !== undefined) {
  try {
    for (;;) held.push(openSync("/dev/null", "r"));
  } catch {
    for (let i = 0; i < descriptors; i++) closeSync(held.pop()!);
  }
}
const first = await attempt();
for (const file of held) closeSync(file);
if (fill !== undefined) rmSync(fill);
const second = await attempt();
await put(neighbour, "b");
await neighbour.close();
console.log(JSON.stringify({ first, second }));
