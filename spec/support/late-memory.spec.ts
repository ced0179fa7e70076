import { expect, test } from "@jest/globals";
import { openMemory } from "./late-memory.js";

test("what the late specs open answers in any order", async () => {
  const engine = await openMemory();
  const tx = engine.begin();
  const order: number[] = [];
  await Promise.all(Array.from({ length: 20 }, (_, n) => tx.get(Uint8Array.of(n)).then(() => order.push(n))));
  expect(order).not.toEqual([...order].sort((a, b) => a - b));
  await engine.close();
});
