/** Runs a job of the application: steps in many transactions, claimed by one worker, resumed where they stood. */

import { type Transaction, transact } from "../../engine/index.js";
import { JobError } from "../../errors.js";
import { decodeMeta, encodeMeta, metaKeys } from "../../layer/index.js";
import type { StoredValue } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import type { StepBody, StepCursor } from "../define/index.js";
import { type Claim, ClaimLost, readClaim, renewClaim } from "../store/index.js";
import { acquire } from "./acquire.js";
import { runBatches, type StepPlace } from "./execute-step.js";
import type { MigrationHost } from "./migration-host.js";

/** How far a job has come. */
export interface JobProgress {
  /** Steps that are done. */
  readonly step: number;
  /** Steps that there are. */
  readonly steps: number;
  /** Transactions that were committed for it. */
  readonly batches: number;
  /** Records that they have written. */
  readonly rows: number;
  /** Whether all steps are done. */
  readonly done: boolean;
}

/** Options of `repo.job`. */
export interface JobOptions {
  /** Starts a job of this name that is done, or was begun, from its beginning. Default false. */
  readonly restart?: boolean;
  /** Milliseconds without a sign of life after which another worker's claim is taken over; default 5,000. */
  readonly staleClaimMs?: number;
  /** Told after each batch. Default: nobody is. */
  readonly onProgress?: (progress: JobProgress) => void;
  /**
   * Ends the work after the batch at hand, which stays: the call rejects with the signal's reason, and a later one goes on.
   * Default: none.
   */
  readonly signal?: AbortSignal;
}

/** As it is stored: the batches of the step at work, and those before it. */
interface Stored extends JobProgress {
  readonly before: number;
  readonly rowsBefore: number;
  readonly cursor: StepCursor;
}

async function read(tx: Transaction, tenant: Tenant, name: string): Promise<Stored | undefined> {
  const bytes = await tx.get(metaKeys.work(tenant, name));
  return bytes === undefined ? undefined : (decodeMeta(bytes) as unknown as Stored);
}

const shown = ({ step, steps, batches, rows, done }: Stored): JobProgress =>
  Object.freeze({ step, steps, batches, rows, done });

/** Gives what the job came to, whoever did the work. @throws JobError; what a step throws, which goes on where it was */
export async function runJob(
  host: MigrationHost,
  tenant: Tenant,
  name: string,
  steps: readonly StepBody[],
  options: JobOptions = {},
): Promise<JobProgress> {
  const engine = await host.engine();
  const begun: Stored = {
    step: 0,
    steps: steps.length,
    batches: 0,
    rows: 0,
    done: false,
    before: 0,
    rowsBefore: 0,
    cursor: null,
  };
  const key = metaKeys.workClaim(tenant, name);
  const write = (tx: Transaction, stored: Stored) =>
    tx.set(metaKeys.work(tenant, name), encodeMeta(stored as unknown as StoredValue));
  let restart = options.restart === true;
  for (;;) {
    const isDone = async (tx: Transaction) => !restart && (await read(tx, tenant, name))?.done === true;
    let claim: Claim | undefined = await acquire(host.metadata, engine, tenant, isDone, { ...options, key });
    const owner = claim;
    if (owner === undefined) return shown((await transact(engine, (tx) => read(tx, tenant, name)))!);
    const release = () =>
      transact(engine, async (tx) => {
        if ((await readClaim(tx, tenant, key))?.owner === owner.owner) tx.clear(key);
      });
    try {
      const first = await transact(engine, async (tx) => {
        await renewClaim(tx, tenant, owner, key);
        const stored = await read(tx, tenant, name);
        if (stored !== undefined && !restart) return stored;
        write(tx, begun);
        return begun;
      });
      restart = false;
      if (first.steps !== steps.length) throw otherSteps(name, first, steps.length);
      let last = first;
      for (let at = first.step; at < steps.length; at++) {
        const place = placeOf(tenant, name, at, steps.length, write);
        await runBatches(steps[at]!, place, {
          host,
          tenant,
          signal: options.signal,
          renew: (tx) => renewClaim(tx, tenant, claim!, key),
          onBatch: () => {
            claim = { ...claim!, beat: claim!.beat + 1 };
            last = place.last() ?? last;
            options.onProgress?.(shown(last));
          },
        });
      }
      await release();
      return shown((await transact(engine, (tx) => read(tx, tenant, name)))!);
    } catch (error) {
      if (error instanceof ClaimLost) continue;
      await release();
      throw error;
    }
  }
}

function placeOf(
  tenant: Tenant,
  name: string,
  at: number,
  steps: number,
  write: (tx: Transaction, stored: Stored) => void,
): StepPlace & { last(): Stored | undefined } {
  let stored: Stored | undefined;
  let last: Stored | undefined;
  const put = (tx: Transaction, next: Stored) => {
    write(tx, next);
    last = next;
  };
  const next = (progress: { batches: number; rows: number; cursor: StepCursor }, step: number): Stored => {
    const { before, rowsBefore } = stored!;
    const ends = step > at;
    const batches = before + progress.batches;
    const rows = rowsBefore + progress.rows;
    return {
      step,
      steps,
      batches,
      rows,
      done: step === steps,
      before: ends ? batches : before,
      rowsBefore: ends ? rows : rowsBefore,
      cursor: ends ? null : progress.cursor,
    };
  };
  return {
    label: `Step ${at} of the job ${JSON.stringify(name)}`,
    refuse: (message) => new JobError(message),
    async read(tx) {
      stored = (await read(tx, tenant, name))!;
      last = stored;
      const { batches, rows, before, rowsBefore, cursor, step } = stored;
      return {
        done: step > at,
        progress: { batches: batches - before, rows: rows - rowsBefore, cursor },
      };
    },
    write: (tx, progress) => put(tx, next(progress, at)),
    finish: (tx, progress) => put(tx, next(progress, at + 1)),
    last: () => last,
  };
}

const otherSteps = (name: string, { steps }: Stored, given: number): JobError =>
  new JobError(
    `The job ${JSON.stringify(name)} was begun with ${steps} steps and is given ${given}, so it is not clear where it stands. Give ` +
      "it another name, or start it anew: repo.job(tenant, name, steps, { restart: true }).",
  );
