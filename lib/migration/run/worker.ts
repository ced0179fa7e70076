/** Carries out the stages of pending migrations under a claim, in many transactions. */

import { type Engine, EngineError, isRetryable, type Transaction, transact } from "../../engine/index.js";
import { KeyTooLargeError, UniqueBuildError } from "../../errors.js";
import { createContext, metaKeys, sourceKeys } from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import { bumpTenantVersion, type Tenant } from "../../tenant/index.js";
import { Budget, buildStep, refuseDuplicates, type StepResult } from "../build/index.js";
import { type Definition, type PlannedMigration, type Stage, stagesOf } from "../define/index.js";
import { type Claim, Registry, readClaim, readPending, recordApplied, renewClaim } from "../store/index.js";
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
    const pending = await this.claimed((tx) => readPending(tx, this.tenant, plans));
    for (const plan of pending) await this.applyVersion(plan);
    await this.release();
    return pending.map((plan) => plan.version);
  }

  /** Gives the claim back, if it is still held. */
  async release(): Promise<void> {
    await transact(this.engine, async (tx) => {
      const held = await readClaim(tx, this.tenant);
      if (held?.owner === this.claim.owner) tx.clear(metaKeys.claim(this.tenant));
    });
  }

  private async applyVersion(plan: PlannedMigration): Promise<void> {
    this.claim = { ...this.claim, version: plan.version, source: null, rows: 0, bytes: 0, totalBytes: 0 };
    const stages = stagesOf(plan.commands);
    const first = await this.claimed((tx) => tx.get(metaKeys.stage(this.tenant, plan.version)));
    for (let i = first?.[0] ?? 0; i < stages.length; i++) await this.carryOut(plan, stages[i] as Stage, i);
    await this.claimed(async (tx) => recordApplied(tx, this.tenant, plan));
    this.report(plan, [], true);
  }

  /** Builds indexes that belong to no migration. */
  async buildAside(creates: readonly Definition[]): Promise<void> {
    await this.change((registry) => beginBuilds(registry, creates));
    await this.build({ version: -1, name: "check", commands: [] }, creates);
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

  private async carryOut(plan: PlannedMigration, stage: Stage, number: number): Promise<void> {
    const { creates, drops } = stage;
    await this.change((registry) => beginBuilds(registry, creates));
    try {
      await this.build(plan, creates);
      await this.change(async (registry, tx) => {
        await refuseDuplicates(
          this.context(tx),
          unfinishedBuilds(registry, creates).map((info) => ({ info })),
        );
        for (const { index } of creates) finishBuild(registry, index);
        for (const { index } of drops) registry.setState(index, "deleteOnly");
      });
    } catch (error) {
      // What no later attempt can build is taken back; anything else goes on where it was.
      if (error instanceof UniqueBuildError || error instanceof KeyTooLargeError) await this.undo(creates);
      throw error;
    }
    await this.change(async (registry, tx) => {
      for (const { index } of drops) registry.remove(index);
      tx.set(metaKeys.stage(this.tenant, plan.version), Uint8Array.of(number + 1));
    });
  }

  /** Removes what this stage has begun: first from the eyes of writers, then from the store. */
  private async undo(creates: readonly Definition[]): Promise<void> {
    await this.change((registry) => {
      for (const index of unfinishedBuilds(registry, creates)) registry.setState(index, "deleteOnly");
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
