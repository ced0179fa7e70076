/** Runs the batches of a step that changes data, each in one transaction with the note of how far the step has come. */

import { isDeepStrictEqual } from "node:util";
import type { Transaction } from "../../engine/index.js";
import { MigrationError } from "../../errors.js";
import { decodeMeta, encodeMeta } from "../../layer/index.js";
import type { StoredValue } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import type { ExecuteCommand, PlannedMigration, StepBody, StepCursor } from "../define/index.js";
import { readStage, readStep, type StepProgress, writeStage, writeStep } from "../store/index.js";
import type { MigrationHost } from "./migration-host.js";

/** Where a row of batches stands, and how that is noted. */
export interface StepPlace {
  read(tx: Transaction): Promise<{ readonly done: boolean; readonly progress: StepProgress }>;
  write(tx: Transaction, progress: StepProgress): void;
  finish(tx: Transaction, progress: StepProgress): void;
  /** What messages call it. */
  readonly label: string;
  refuse(message: string): Error;
}

/** How batches are run. */
export interface BatchWays {
  readonly host: MigrationHost;
  readonly tenant: Tenant;
  /** Makes a transaction depend on the claim. */
  renew(tx: Transaction): Promise<void>;
  /** Called after each batch. */
  onBatch(progress: StepProgress): void;
  readonly signal: AbortSignal | undefined;
}

interface ExecuteOptions extends BatchWays {
  readonly plan: PlannedMigration;
  readonly stage: number;
}

/** The batches of a migration's step. */
export function executeStep(command: ExecuteCommand, options: ExecuteOptions): Promise<void> {
  const { tenant, plan, stage } = options;
  const place: StepPlace = {
    label: `A step of ${plan.name}`,
    refuse: (message) => new MigrationError(message),
    async read(tx) {
      const [done, progress] = await Promise.all([
        readStage(tx, tenant, plan.version),
        readStep(tx, tenant, plan.version),
      ]);
      return { done: done > stage, progress };
    },
    write: (tx, progress) => writeStep(tx, tenant, plan.version, progress),
    finish: (tx) => writeStage(tx, tenant, plan.version, stage + 1),
  };
  return runBatches(command.body, place, options);
}

/**
 * Each batch is committed once: it reads where the step stands, and writes where it stands then, in its own transaction.
 * One that finds itself done, after a commit of unknown outcome, changes nothing.
 */
export async function runBatches(body: StepBody, place: StepPlace, ways: BatchWays): Promise<void> {
  const { host, tenant, signal } = ways;
  if (host.runStep === undefined) {
    throw place.refuse(
      `${place.label} changes data, which needs a Repo: Migrator.up(repo, tenant, migrations).`,
    );
  }
  let expected: number | undefined;
  for (;;) {
    signal?.throwIfAborted();
    const outcome = await host.runStep(tenant, (tx, repo, written) =>
      batch(body, place, ways, tx, repo, written, expected),
    );
    ways.onBatch(outcome.progress);
    if (outcome.done) return;
    expected = outcome.progress.batches;
  }
}

interface Outcome {
  readonly progress: StepProgress;
  readonly done: boolean;
}

async function batch(
  body: StepBody,
  place: StepPlace,
  { renew }: BatchWays,
  tx: Transaction,
  repo: object,
  written: () => number,
  expected: number | undefined,
): Promise<Outcome> {
  await renew(tx);
  const { done, progress: before } = await place.read(tx);
  if (done) return { progress: before, done: true };
  if (expected !== undefined && before.batches !== expected) return { progress: before, done: false };
  const cursor = before.batches === 0 ? undefined : before.cursor;
  const next = await body(repo as never, cursor);
  const moved = { batches: before.batches + 1, rows: before.rows + written() };
  if (next === undefined || next === null) {
    const progress = { ...before, ...moved };
    place.finish(tx, progress);
    return { progress, done: true };
  }
  const progress = { ...moved, cursor: storable(place, next) };
  if (before.batches > 0 && isDeepStrictEqual(progress.cursor, before.cursor)) {
    throw place.refuse(
      `${place.label} gave the cursor that it was given, ${JSON.stringify(next)?.slice(0, 80)}, and would go on for ` +
        "ever; give where the next batch begins, or nothing when all is done.",
    );
  }
  place.write(tx, progress);
  return { progress, done: false };
}

/** The cursor as it comes back: an instance of a class, a function or a date would come back as something else. */
function storable({ label, refuse }: StepPlace, next: unknown): StepCursor {
  try {
    const kept = decodeMeta(encodeMeta(next as StoredValue));
    if (isDeepStrictEqual(kept, next) || next instanceof Uint8Array) return kept;
  } catch {
    // Said below.
  }
  throw refuse(
    `${label} gave a cursor that cannot be stored; give text, a number, bytes, or a plain list or object of them.`,
  );
}
