import { expect, test } from "@jest/globals";
import { openEngine, Repo, type Subscription, Sync, Tenant } from "../../lib/index.js";
import type { AnyTransition, Queries } from "../../lib/sync/live/transition.js";
import { Fold } from "./fold.js";
import { random } from "./runs.js";
import { Bank, openAccounts, transfer } from "./transfers/bank.js";
import { byOwner, fault, fiveLabels, windows } from "./transfers/sums.js";

/** Transitions of the subscription with five labels that look at all accounts. */
const wanted = Number(process.env.PLINTH_TRANSITIONS ?? 100);
const seed = Number(process.env.PLINTH_SEED ?? 1);

/** What readers have looked at, and the first thing that was off. */
class Audit {
  snapshots = 0;
  fault: string | undefined;

  look(who: string, value: Readonly<Record<string, unknown>>): void {
    this.snapshots++;
    const found = fault(value);
    if (found !== undefined) this.fault ??= `${who}: ${found}`;
  }
}

/** Reads on through a small buffer, resting in between, so that what waits is conflated. */
async function readSlowly(sub: Subscription<Queries>, audit: Audit, restMs: () => number): Promise<void> {
  const fold = new Fold();
  for await (const transition of sub) {
    fold.apply(transition as AnyTransition);
    audit.look("a slow reader", fold.value);
    await new Promise((resolve) => setTimeout(resolve, restMs()));
  }
}

test(
  `in ${wanted} transitions no snapshot of five labels shows a sum that is off`,
  async () => {
    const engine = await openEngine("memory:");
    const open = async () => {
      const repo = new Repo({ engine, storageId: "transfers", migrations: [[1, Bank]] });
      return { repo, tenant: await Tenant.openOrCreate(repo, "bank"), sync: new Sync(repo) };
    };
    const [here, there] = [await open(), await open()];
    await openAccounts(here.repo, here.tenant);
    const next = random(seed);
    const audit = new Audit();
    const subscriptions: Subscription<Queries>[] = [];
    const slow: Promise<void>[] = [];
    let transitions = 0;
    const stop = new AbortController();
    const { signal } = stop;

    const watch = async (
      at: typeof here,
      labels: (sync: Sync) => Queries,
    ): Promise<Subscription<Queries>> => {
      const delivery = { budget: { transitions: 4 } };
      const sub = await at.sync.subscribe(at.tenant, labels(at.sync), { delivery });
      subscriptions.push(sub);
      const fold = new Fold();
      fold.value = { ...sub.value };
      fold.version = sub.version;
      sub.on("transition", (transition) => {
        fold.apply(transition as AnyTransition);
        audit.look("what is folded", fold.value);
        audit.look("what is shown", sub.value);
      });
      slow.push(readSlowly(sub, audit, () => next(8)));
      return sub;
    };
    const five = await watch(here, fiveLabels);
    five.on("change", () => {
      transitions++;
      if (transitions >= wanted) stop.abort();
    });
    await watch(here, byOwner);
    await watch(here, windows);
    await watch(there, fiveLabels);
    await watch(there, byOwner);

    /** A reader that is cut off goes on from its cursor in the other process. */
    const comeAndGo = async (): Promise<void> => {
      const fold = new Fold();
      let cursor: string | undefined;
      for (let at = here; !signal.aborted; at = at === here ? there : here) {
        const options = cursor === undefined ? { signal } : { signal, resume: cursor };
        const sub = await at.sync.subscribe(at.tenant, fiveLabels(at.sync) as Queries, options);
        let left = 5;
        for await (const transition of sub) {
          fold.apply(transition as AnyTransition);
          audit.look("a reader that comes and goes", fold.value);
          if ("cursor" in transition) cursor = transition.cursor;
          if (--left === 0) break;
        }
        await sub.close();
        await new Promise((resolve) => setTimeout(resolve, next(20)));
      }
    };
    let transfers = 0;
    const write = async ({ repo, tenant }: typeof here): Promise<void> => {
      while (!signal.aborted) {
        await transfer(repo, tenant, next);
        transfers++;
      }
    };
    const visitor = comeAndGo().catch((error: unknown) => {
      if (error !== signal.reason) throw error;
    });
    await Promise.all([...[here, here, there, there].map(write), visitor]);
    for (const sub of subscriptions) await sub.close();
    await Promise.all(slow);
    if (process.env.PLINTH_TRANSITIONS !== undefined)
      process.stdout.write(`${JSON.stringify({ transitions, transfers, snapshots: audit.snapshots })}\n`);
    expect(audit.fault).toBeUndefined();
    expect(transitions).toBeGreaterThanOrEqual(wanted);
    await here.sync.close();
    await there.sync.close();
    await here.repo.close();
    await there.repo.close();
    await engine.close();
  },
  60_000 + wanted * 40,
);

test("an audit that is worth something: a value with a sum that is off is noticed", () => {
  const account = (id: number, balance: number) => ({ id, owner: "ann", balance });
  const all = [account(1, 600), account(2, 1_000)];
  const right = { all, count: 2, poor: [], rich: all, each: all };
  expect(fault(right)).toBeUndefined();
  expect(fault({ ...right, count: 3 })).toMatch("count");
  expect(fault({ ...right, rich: all.slice(1) })).toMatch("rich");
  expect(fault({ ...right, each: [account(1, 599), account(2, 1_000)] })).toMatch("each");
});
