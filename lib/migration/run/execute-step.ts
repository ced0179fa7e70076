/** Runs the batches of a step that changes data, each in one transaction with the note of how far the step has come. */

import { isDeepStrictEqual } from "node:util";
import type { Transaction } from "../../engine/index.js";
import { MigrationError } from "../../errors.js";
import { decodeMeta, encodeMeta } from "../../layer/index.js";
import type { StoredValue } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import type { ExecuteCommand, PlannedMigration, StepCursor } from "../define/index.js";
import { readStage, readStep, type StepProgress, writeStage, writeStep } from "../store/index.js";
import type { MigrationHost } from "./migration-host.js";

interface ExecuteOptions {
  readonly host: MigrationHost;
  readonly tenant: Tenant;
  readonly plan: PlannedMigration;
  readonly stage: number;
  /** Makes a transaction depend on the claim. */
  renew(tx: Transaction): Promise<void>;
  /** Called after each batch. */
  onBatch(progress: StepProgress): void;
  readonly signal: AbortSignal | undefined;
}

/**
 * Each batch is committed once: it reads where the step stands, and writes where it stands then, in its own transaction.
 * One that finds itself done, after a commit of unknown outcome, changes nothing.
 */
export async function executeStep(command: ExecuteCommand, options: ExecuteOptions): Promise<void> {
  const { host, tenant, plan, signal } = options;
  if (host.runStep === undefined) {
    throw new MigrationError(
      `${plan.name} changes data (execute), which needs a Repo: Migrator.up(repo, tenant, migrations).`,
    );
  }
  let expected: number | undefined;
  for (;;) {
    signal?.throwIfAborted();
    const outcome = await host.runStep(tenant, (tx, repo, written) =>
      batch(command, options, tx, repo, written, expected),
    );
    options.onBatch(outcome.progress);
    if (outcome.done) return;
    expected = outcome.progress.batches;
  }
}

interface Outcome {
  readonly progress: StepProgress;
  readonly done: boolean;
}

async function batch(
  command: ExecuteCommand,
  { tenant, plan, stage, renew }: ExecuteOptions,
  tx: Transaction,
  repo: object,
  written: () => number,
  expected: number | undefined,
): Promise<Outcome> {
  await renew(tx);
  const [done, before] = await Promise.all([
    readStage(tx, tenant, plan.version),
    readStep(tx, tenant, plan.version),
  ]);
  if (done > stage) return { progress: before, done: true };
  if (expected !== undefined && before.batches !== expected) return { progress: before, done: false };
  const cursor = before.batches === 0 ? undefined : before.cursor;
  const next = await command.body(repo as never, cursor);
  if (next === undefined || next === null) {
    writeStage(tx, tenant, plan.version, stage + 1);
    return {
      progress: { ...before, batches: before.batches + 1, rows: before.rows + written() },
      done: true,
    };
  }
  const progress = {
    batches: before.batches + 1,
    rows: before.rows + written(),
    cursor: storable(plan, next),
  };
  if (before.batches > 0 && isDeepStrictEqual(progress.cursor, before.cursor)) {
    throw new MigrationError(
      `A step of ${plan.name} gave the cursor that it was given, ${JSON.stringify(next)?.slice(0, 80)}, and would go on for ` +
        "ever; give where the next batch begins, or nothing when all is done.",
    );
  }
  writeStep(tx, tenant, plan.version, progress);
  return { progress, done: false };
}

/** The cursor as it comes back: an instance of a class, a function or a date would come back as something else. */
function storable(plan: PlannedMigration, next: unknown): StepCursor {
  try {
    const kept = decodeMeta(encodeMeta(next as StoredValue));
    if (isDeepStrictEqual(kept, next) || next instanceof Uint8Array) return kept;
  } catch {
    // Said below.
  }
  throw new MigrationError(
    `A step of ${plan.name} gave a cursor that cannot be stored; give text, a number, bytes, or a plain list or object of them.`,
  );
}
