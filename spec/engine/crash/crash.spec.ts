import { expect, test } from "@jest/globals";
import { crashCampaign } from "./campaign.js";
import { interruptedCampaign } from "./interrupted.js";

const kills = Number(process.env.PLINTH_KILLS ?? 5);
const report = (counters: object): void => {
  if (process.env.PLINTH_KILLS !== undefined) process.stdout.write(`${JSON.stringify(counters)}\n`);
};

test(
  `kill -9 ${kills} times: acknowledged transfers survive whole`,
  async () => {
    const counters = await crashCampaign(kills, "sync");
    report({ durability: "sync", ...counters });
    expect(counters).toMatchObject({ kills, lost: 0, gaps: 0, torn: 0 });
    expect(counters.acknowledged).toBeGreaterThan(kills);
  },
  60_000 + kills * 3000,
);

test(
  `kill -9 ${kills} times, relaxed: at most the newest transfers are lost`,
  async () => {
    const counters = await crashCampaign(kills, "relaxed");
    report({ durability: "relaxed", ...counters });
    expect(counters).toMatchObject({ kills, gaps: 0, torn: 0 });
    expect(counters.acknowledged).toBeGreaterThan(kills);
  },
  60_000 + kills * 3000,
);

/** Each is a process, and what it takes to look at what it left. */
const each = Number(process.env.PLINTH_KILLS ?? 1);
test.each(["closing", "backing up", "recovering", "clearing"] as const)(
  `kill -9 ${each} times while it is %s: nothing acknowledged is lost, nothing hangs`,
  async (kind) => {
    const counters = await interruptedCampaign(kind, each);
    report({ kind, ...counters });
    expect(counters).toMatchObject({ kills: each, lost: 0, torn: 0, hangs: 0 });
  },
  60_000 + each * 5000,
);
