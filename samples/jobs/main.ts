import { setTimeout as sleep } from "node:timers/promises";
import { Repo, Sync, Tenant } from "plinth";
import { DeadJob, Jobs } from "./job.js";
import { enqueue, wake, work } from "./queue.js";

const repo = new Repo({ url: "embedded:.plinth/jobs", storageId: "plinth-jobs", migrations: [[1, Jobs]] });
const tenant = await Tenant.openOrCreate(repo, "main");
const sync = new Sync(repo);
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());

const handlers = {
  greet: async (payload: unknown) => console.log(`Hello, ${payload}.`),
  flaky: async (payload: unknown, _tx: Repo, { attempt }: { attempt: number }) => {
    if (attempt < 3) throw new Error(`attempt ${attempt} fails`);
    console.log(`${payload}, at attempt ${attempt}.`);
  },
  broken: async () => {
    throw new Error("this one never works");
  },
};

await repo.transactional(tenant, async () => {
  await enqueue(repo, "greet", "Ines");
  await enqueue(repo, "flaky", "Done after all");
  await enqueue(repo, "broken", null);
});

const working = work(sync, tenant, { handlers, attempts: 4, backoffMs: 500, signal: stop.signal });
const dead = await sync.subscribe(tenant, { dead: sync.all(DeadJob) }, { signal: stop.signal });
dead.on("change", ({ changes }) => {
  for (const told of changes.dead ?? [])
    if (told.op === "insert") console.log(`Dead: ${told.row.kind}, ${told.row.error}`);
});
console.log("Ctrl-C stops the worker; what is queued waits for the next start.");
while (!stop.signal.aborted) {
  await wake(repo, tenant);
  await sleep(250, undefined, { signal: stop.signal }).catch(() => {});
}
await working;
await sync.close();
await repo.close();
