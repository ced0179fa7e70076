/** Carries out the stages of pending migrations under a claim, in many transactions. */

import { type Engine, EngineError, isRetryable, type Transaction, transact } from "../../engine/index.js";
import { KeyTooLargeError, UniqueBuildError } from "../../errors.js";
import {
  createContext,
  type FailedBuild,
  forgetFailed,
  metaKeys,
  noteFailed,
  readFailed,
  sourceKeys,
} from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import { bumpTenantVersion, type Tenant } from "../../tenant/index.js";
import { Budget, buildStep, refuseDuplicates, type StepResult } from "../build/index.js";
import {
  type Definition,
  type ExecuteCommand,
  type IndexStage,
  type PlannedMigration,
  type Stage,
  stagesOf,
} from "../define/index.js";
import {
  type Claim,
  Registry,
  readClaim,
  readPending,
  readStage,
  recordApplied,
  renewClaim,
  writeStage,
} from "../store/index.js";
import { executeStep } from "./execute-step.js";
import type { MigrateOptions } from "./migrate-options.js";
import type { MigrationHost } from "./migration-host.js";
import { beginBuilds, finishBuild, schemaOfBuilds, unfinishedBuilds } from "./stage-indexes.js";

const KEY_TOO_LARGE = 2102;
const TRANSACTION_TOO_LARGE = 2101;

/** Every transaction depends on the claim, so that a worker that was taken for dead can do nothing any more. */
export class Worker {
  private claim: Claim;

  constructor(
    private readonly host: MigrationHost,
    private readonly engine: Engine,
    private readonly tenant: Tenant,
    claim: Claim,
    private readonly options: MigrateOptions,
  ) {
    this.claim = claim;
  }

  /** Applies what is pending, in ascending order, and gives the claim back. Returns the versions it applied. */
  async run(plans: readonly PlannedMigration[]): Promise<readonly number[]> {
    const { pending, failed } = await this.claimed((tx) => readPending(tx, this.tenant, plans, this.options));
    const applied: number[] = [];
    for (const plan of pending) {
      const whole = await this.applyVersion(
        plan,
        failed.filter(({ version }) => version === plan.version),
      );
      if (whole) applied.push(plan.version);
    }
    await this.release();
    return applied;
  }

  /** Gives the claim back, if it is still held. */
  async release(): Promise<void> {
    await transact(this.engine, async (tx) => {
      const held = await readClaim(tx, this.tenant);
      if (held?.owner === this.claim.owner) tx.clear(metaKeys.claim(this.tenant));
    });
  }

  /**
   * Carries out the stages that are left, and notes the version; false when a unique index of it could not be built.
   *
   * @param before those that could not be built before, to be tried again
   */
  private async applyVersion(plan: PlannedMigration, before: readonly FailedBuild[]): Promise<boolean> {
    this.claim = { ...this.claim, version: plan.version, source: null, rows: 0, bytes: 0, totalBytes: 0 };
    const stages = stagesOf(plan.commands);
    const first = await this.claimed((tx) => readStage(tx, this.tenant, plan.version));
    for (const { source, name } of before) {
      const again = stages
        .slice(0, first)
        .flatMap((stage) => ("creates" in stage ? stage.creates : []))
        .filter(({ index }) => index.source === source && index.name === name);
      await this.buildOrNote(plan, again.slice(-1));
    }
    for (let i = first; i < stages.length; i++) {
      const stage = stages[i] as Stage;
      if ("creates" in stage) await this.carryOut(plan, stage, i);
      else await this.execute(plan, stage, i);
    }
    const whole = await this.claimed(async (tx) => {
      const failed = await readFailed(tx, this.tenant);
      const isWhole = failed.every(({ version }) => version !== plan.version);
      if (isWhole) recordApplied(tx, this.tenant, plan);
      return isWhole;
    });
    if (whole) this.report(plan, [], true);
    return whole;
  }

  /** Builds indexes that belong to no migration. */
  async buildAside(creates: readonly Definition[]): Promise<void> {
    await this.change((registry) => beginBuilds(registry, creates));
    await this.build({ version: -1, name: "check", identity: "", commands: [] }, creates);
    await this.change((registry) => {
      for (const { index } of creates) finishBuild(registry, index);
    });
  }

  async dropAside(drops: readonly Definition[]): Promise<void> {
    await this.change((registry) => {
      for (const { index } of drops) registry.setState(index, "deleteOnly");
    });
    await this.change((registry) => {
      for (const { index } of drops) registry.remove(index);
    });
  }

  private async carryOut(
    plan: PlannedMigration,
    { creates, drops }: IndexStage,
    number: number,
  ): Promise<void> {
    await this.buildOrNote(plan, creates);
    await this.change((registry) => {
      for (const { index } of drops) {
        if (registry.findDropped(index) !== undefined) registry.setState(index, "deleteOnly");
      }
    });
    await this.change(async (registry, tx) => {
      for (const { index } of drops) {
        registry.remove(index);
        forgetFailed(tx, this.tenant, index);
      }
      writeStage(tx, this.tenant, plan.version, number + 1);
    });
  }

  /** Builds indexes; a unique one that cannot be is taken back and noted, and the others are built without it. */
  private async buildOrNote(plan: PlannedMigration, creates: readonly Definition[]): Promise<void> {
    let left = creates;
    while (left.length > 0) {
      try {
        await this.buildAll(plan, left);
        return;
      } catch (error) {
        // What no later attempt can build is taken back; anything else goes on where it was.
        if (error instanceof KeyTooLargeError) await this.undo(left);
        if (!(error instanceof UniqueBuildError)) throw error;
        const impossible = ({ index }: Definition): boolean =>
          index.source === error.source && index.name === error.index;
        await this.undo(left.filter(impossible), { plan, error });
        left = left.filter((one) => !impossible(one));
      }
    }
  }

  private async buildAll(plan: PlannedMigration, creates: readonly Definition[]): Promise<void> {
    await this.change((registry) => beginBuilds(registry, creates));
    await this.build(plan, creates);
    await this.change(async (registry, tx) => {
      await refuseDuplicates(
        this.context(tx),
        unfinishedBuilds(registry, creates).map((info) => ({ info })),
      );
      for (const { index } of creates) {
        finishBuild(registry, index);
        forgetFailed(tx, this.tenant, index);
      }
    });
  }

  private async execute(plan: PlannedMigration, command: ExecuteCommand, stage: number): Promise<void> {
    this.claim = { ...this.claim, source: command.source ?? null };
    await executeStep(command, {
      host: this.host,
      tenant: this.tenant,
      plan,
      stage,
      signal: this.options.signal,
      renew: (tx) => renewClaim(tx, this.tenant, this.claim),
      onBatch: ({ rows }) => {
        this.beat();
        this.claim = { ...this.claim, rows };
        this.report(plan, [], false);
      },
    });
  }

  /** Removes what was begun: first from the eyes of writers, then from the store. */
  private async undo(
    creates: readonly Definition[],
    failure?: { readonly plan: PlannedMigration; readonly error: UniqueBuildError },
  ): Promise<void> {
    await this.change((registry, tx) => {
      for (const index of unfinishedBuilds(registry, creates)) registry.setState(index, "deleteOnly");
      if (failure === undefined) return;
      const { plan, error } = failure;
      const { source, index: name, fields, duplicates } = error;
      const failedAt = new Date().toISOString();
      noteFailed(tx, this.tenant, { source, name, fields, duplicates, version: plan.version, failedAt });
    });
    await this.change((registry) => {
      for (const { index } of creates) {
        if (registry.find(index)?.state === "deleteOnly") registry.remove(index);
      }
    });
  }

  private async build(plan: PlannedMigration, creates: readonly Definition[]): Promise<void> {
    const bySource = new Map<string, Definition[]>();
    for (const definition of creates) {
      if (definition.index.kind === "metadata") continue;
      const { source } = definition.index;
      bySource.set(source, [...(bySource.get(source) ?? []), definition]);
    }
    for (const [source, definitions] of bySource) {
      const names = new Set(definitions.map((definition) => definition.index.name));
      const info = schemaOfBuilds(definitions);
      await this.measure(source);
      const budget = new Budget(this.options);
      for (;;) {
        this.options.signal?.throwIfAborted();
        const step = await this.step(info, names, budget);
        this.claim = {
          ...this.claim,
          rows: this.claim.rows + step.rows,
          bytes: this.claim.bytes + step.bytes,
        };
        if (step.done) break;
        this.report(plan, [...names], false);
      }
    }
  }

  /** One committed step; tried again in smaller pieces when it meets writers or a limit of the store. */
  private async step(info: SchemaInfo, names: ReadonlySet<string>, budget: Budget): Promise<StepResult> {
    for (;;) {
      const startedAt = performance.now();
      try {
        const result = await transact(
          this.engine,
          async (tx) => {
            await renewClaim(tx, this.tenant, this.claim);
            return buildStep(this.context(tx), info, names, budget);
          },
          { shouldRetry: () => false },
        );
        budget.succeeded(performance.now() - startedAt);
        this.beat();
        return result;
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        if (error.fdbCode === KEY_TOO_LARGE) throw keyTooLarge(info, names, error);
        if (!isRetryable(error.fdbCode) && error.fdbCode !== TRANSACTION_TOO_LARGE) throw error;
        budget.shrink();
        // A sign of life, so that nobody takes over while this worker is busy trying.
        await this.claimed(async () => undefined);
      }
    }
  }

  private async measure(source: string): Promise<void> {
    const { dataRange } = sourceKeys(this.tenant, source);
    this.claim = { ...this.claim, source };
    // An embedded store counts the bytes one by one, which is worth it only when somebody looks at the progress.
    if (this.options.onProgress === undefined) return;
    const estimate = await this.claimed((tx) =>
      tx.getEstimatedRangeSizeBytes(dataRange.begin, dataRange.end),
    );
    this.claim = { ...this.claim, totalBytes: this.claim.totalBytes + estimate };
  }

  /** A transaction that changes registrations, and says so to every process. */
  private async change(body: (registry: Registry, tx: Transaction) => void | Promise<void>): Promise<void> {
    await this.claimed(async (tx) => {
      const registry = await Registry.read(tx, this.tenant);
      await body(registry, tx);
      if (registry.changed) bumpTenantVersion(tx, this.tenant);
    });
  }

  /** A transaction that commits only while the claim is held, and renews it. */
  private async claimed<T>(body: (tx: Transaction) => Promise<T>): Promise<T> {
    const value = await transact(this.engine, async (tx) => {
      await renewClaim(tx, this.tenant, this.claim);
      return body(tx);
    });
    this.beat();
    return value;
  }

  private beat(): void {
    this.claim = { ...this.claim, beat: this.claim.beat + 1 };
  }

  private context(tx: Transaction) {
    return createContext(tx, this.tenant, this.host.metadata);
  }

  private report(plan: PlannedMigration, indexes: readonly string[], applied: boolean): void {
    const { source, rows, bytes, totalBytes } = this.claim;
    this.options.onProgress?.({
      tenant: this.tenant,
      version: plan.version,
      name: plan.name,
      source: applied ? null : source,
      indexes,
      rows,
      bytes,
      totalBytes: Math.max(bytes, totalBytes),
      applied,
    });
  }
}

function keyTooLarge(info: SchemaInfo, names: ReadonlySet<string>, cause: EngineError): KeyTooLargeError {
  return new KeyTooLargeError(
    `A record of "${info.source}" has values too long for the key of ${[...names].join(" or ")}. Shorten them (a key ` +
      "takes 10,000 bytes, about 4,000 on the embedded engine), or leave them out with a condition: " +
      'index(S, ["field"], { where: … }). Until then the index does not exist.',
    { cause },
  );
}
