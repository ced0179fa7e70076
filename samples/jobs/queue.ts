import { randomUUID } from "node:crypto";
import { from, type Repo, type Sync, type Tenant, type Versionstamp } from "plinth";
import { EngineError } from "plinth/engine";
import { DeadJob, Job, WaitingJob } from "./job.js";

/**
 * What carries out jobs of one kind. Its writes are in the transaction that takes the job out of the queue, so they happen
 * exactly once; what it throws undoes them, and the job is tried again.
 */
export type Handler = (
  payload: unknown,
  tx: Repo,
  job: { readonly ref: string; readonly attempt: number },
) => Promise<void>;

export interface WorkOptions {
  readonly handlers: Readonly<Record<string, Handler>>;
  /** How often a job is tried before it is a dead letter; default 5. */
  readonly attempts?: number;
  /** Milliseconds before the second attempt; each further one waits twice as long. Default 1,000. */
  readonly backoffMs?: number;
  readonly signal?: AbortSignal;
  readonly now?: () => number;
}

/** Queues a job in the transaction around the call: it is there if and only if that commits. Gives the job's `ref`. */
export async function enqueue(repo: Repo, kind: string, payload: unknown): Promise<string> {
  const ref = randomUUID();
  await repo.insert(Job, { ref, kind, payload });
  return ref;
}

/** Carries out jobs in their order, one process at a time, until the signal is aborted. */
export function work(sync: Sync, tenant: Tenant, options: WorkOptions): Promise<void> {
  const { signal } = options;
  return sync.consume(
    tenant,
    "jobs",
    { jobs: sync.all(Job) },
    async (batch, tx) => {
      for (const told of batch.changes.jobs) {
        if (told.op === "insert") await attempt(tx, tenant, told.row.id, options);
      }
    },
    signal === undefined ? {} : { signal },
  );
}

async function attempt(tx: Repo, tenant: Tenant, id: Versionstamp, options: WorkOptions): Promise<void> {
  const { handlers, attempts = 5, backoffMs = 1_000, now = Date.now } = options;
  const job = await tx.get(Job, id);
  if (job === null) return;
  const { ref, kind, payload } = job;
  const tried = job.attempts + 1;
  await tx.delete(job);
  try {
    const handler = Object.hasOwn(handlers, kind) ? handlers[kind] : undefined;
    if (handler === undefined) throw new Error(`Nothing carries out jobs of the kind "${kind}".`);
    // A part of its own: when it fails, what it wrote is undone, and what is written below is not.
    await tx.transactional(tenant, (part) => handler(payload, part, { ref, attempt: tried }));
  } catch (error) {
    // The store's own faults are no fault of the job: the whole batch is tried again.
    if (error instanceof EngineError) throw error;
    const failed = { ref, kind, payload, attempts: tried, error: String(error) };
    if (tried >= attempts) await tx.insert(DeadJob, failed);
    else await tx.insert(WaitingJob, { ...failed, dueAt: new Date(now() + backoffMs * 2 ** (tried - 1)) });
  }
}

const mostAtOnce = 100;

/** Queues the waiting jobs whose time has come; gives how many. Any number of processes may do so, each job moves once. */
export function wake(repo: Repo, tenant: Tenant, now = Date.now()): Promise<number> {
  return repo.transactional(tenant, async () => {
    const due = from(WaitingJob)
      .where({ dueAt: { lte: new Date(now) } })
      .orderBy("dueAt");
    const jobs = await repo.all(due.limit(mostAtOnce));
    for (const job of jobs) {
      const { ref, kind, payload, attempts } = job;
      await repo.delete(job);
      await repo.insert(Job, { ref, kind, payload, attempts });
    }
    return jobs.length;
  });
}

/** Queues a dead letter again, with all its attempts before it. @throws NoResultsError when there is none of this `ref` */
export function revive(repo: Repo, tenant: Tenant, ref: string): Promise<void> {
  return repo.transactional(tenant, async () => {
    const dead = await repo.getOrThrow(DeadJob, ref);
    await repo.delete(dead);
    await repo.insert(Job, { ref, kind: dead.kind, payload: dead.payload });
  });
}
