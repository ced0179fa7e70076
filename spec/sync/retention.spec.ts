import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { readLog } from "../../lib/layer/index.js";
import { trimLogs, visitEvery } from "../../lib/sync/retention.js";
import { Account, World } from "./world.js";

const hour = 3_600_000;
const day = 24 * hour;
let world: World;
beforeEach(async () => {
  world = await World.create();
});
afterEach(() => world.close());

const visit = (atMs: number) => world.write((ctx) => trimLogs(ctx, atMs, day));
const entries = () =>
  world.write(async (ctx) => (await readLog(ctx.tx, ctx.tenant, "accounts", { after: 0n })).entries.length);

describe("retention", () => {
  test("removes what is older than the time, and keeps the rest", async () => {
    await world.insert(Account, { id: "a" });
    await visit(0);
    await world.insert(Account, { id: "b" });
    await visit(2 * hour);
    await world.insert(Account, { id: "c" });
    expect(await visit(23 * hour)).toBeUndefined();
    expect(await entries()).toBe(3);
    expect(await visit(25 * hour)).toBeDefined();
    expect(await entries()).toBe(2);
    await visit(27 * hour);
    expect(await entries()).toBe(1);
  });

  test("two processes at once: one of them does it", async () => {
    await visit(0);
    await world.insert(Account, { id: "a" });
    await visit(hour + 1);
    const done = await Promise.all([visit(2 * day), visit(2 * day), visit(2 * day)]);
    expect(done.filter((version) => version !== undefined)).toHaveLength(1);
    expect(await entries()).toBe(0);
  });

  test("visits are spread over the time, a second apart at least", () => {
    expect(visitEvery(day)).toBe(hour);
    expect(visitEvery(2_000)).toBe(1_000);
  });
});
