/** Processes the changes of some queries exactly once, in the transactions of their effects. */

import { randomUUID } from "node:crypto";
import {
  InvalidOptionsError,
  TransactionTimeoutError,
  TransactionTooLargeError,
  TransactionTooOldError,
} from "../../errors.js";
import { headKey, type LogEntry } from "../../layer/index.js";
import type { RepoContext } from "../../repo/index.js";
import type { Tenant } from "../../tenant/index.js";
import { checkOptions, checkSignal, onAbort } from "../call/index.js";
import { type Queries } from "../live/index.js";
import { deltaFor, LayerReader, positiveMs, type RowDelta, Unresumable } from "../log/index.js";
import type { Batch, BatchChange, BatchHandler } from "./batch.js";
import { type ConsumedLabel, consumedLabel, requireLogs } from "./consumed-label.js";
import { readCommits } from "./consumer-log.js";
import { firstPage, isTold, nextPage, type SnapshotPlace } from "./consumer-snapshot.js";
import { type ConsumerState, checkQueries, consumerKey, readState, writeState } from "./consumer-state.js";
import { entryAsChange } from "./entry-as-change.js";
import { ObservedLease } from "./observed-lease.js";
import { goOn, type Turn, wait, waiting } from "./turn.js";

/** How much one batch holds, in log entries of one source. */
const batch = {
  most: 256,
  /** It grows by this much with each batch that succeeds at once, and halves with each failure. */
  growth: 16,
  /** Rows that existed before, for each entry. */
  rows: 4,
};

/** Options of `sync.consume`. */
export interface ConsumeOptions {
  /** Stops after the batch at hand; the promise then resolves. Default: none, `sync.close()` stops it. */
  readonly signal?: AbortSignal;
  /** Rows that exist when the consumer first runs: `"snapshot"` (default) tells them as inserts, `"now"` skips them. */
  readonly start?: "snapshot" | "now";
  /** Milliseconds after which another process takes over from an owner that died. Default 10,000. */
  readonly leaseMs?: number;
}

type Run = <T>(tenant: Tenant, body: (ctx: RepoContext) => Promise<T>) => Promise<T>;

/** Where it stands moves in the same transaction as the effects. */
export class Consumer {
  readonly #owner = randomUUID();
  readonly #labels: readonly ConsumedLabel[];
  readonly #hashes: Readonly<Record<string, string>>;
  readonly #leaseMs: number;
  readonly #lease = new ObservedLease();
  /** What one batch holds at the moment. */
  #size = batch.most;

  constructor(
    private readonly run: Run,
    private readonly tenant: Tenant,
    private readonly name: string,
    queries: Queries,
    private readonly handler: BatchHandler<never>,
    private readonly options: ConsumeOptions,
  ) {
    checkOptions("sync.consume", options, ["signal", "start", "leaseMs"]);
    checkSignal("sync.consume", options.signal);
    if (typeof handler !== "function") {
      throw new InvalidOptionsError("sync.consume takes a function of a batch: async (batch, tx) => { … }.");
    }
    this.#labels = Object.entries(queries).map(([label, live]) => consumedLabel(label, live));
    this.#hashes = Object.fromEntries(this.#labels.map(({ name: label, hash }) => [label, hash]));
    this.#leaseMs = positiveMs("leaseMs", options.leaseMs ?? 10_000);
    const { start = "snapshot" } = options;
    if (start !== "snapshot" && start !== "now") {
      throw new InvalidOptionsError(
        `start is "snapshot" (rows that exist come first) or "now" (they are skipped), not ${JSON.stringify(start)}.`,
      );
    }
  }

  /** @param ended aborted when the Sync is closed; the options have a signal of their own */
  async work(ended: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const release = [ended, this.options.signal].map(
      (signal) => signal && onAbort(signal, () => stop.abort()),
    );
    try {
      while (!stop.signal.aborted) {
        const turn = await this.#nextTurn();
        if (turn.waitMs > 0) await wait(turn, stop.signal);
      }
    } finally {
      for (const letGo of release) letGo?.();
      await this.#leave();
    }
  }

  /** A batch that takes too long for a transaction, or writes too much, is tried again as a smaller one. */
  async #nextTurn(): Promise<Turn> {
    let attempts = 0;
    try {
      const turn = await this.run(this.tenant, (ctx) => {
        if (attempts++ > 0) this.#shrink();
        return this.#turn(ctx);
      });
      if (attempts === 1 && turn === goOn) this.#size = Math.min(batch.most, this.#size + batch.growth);
      return turn;
    } catch (error) {
      if (!isTooMuch(error) || this.#size === 1) throw error;
      this.#shrink();
      return goOn;
    }
  }

  #shrink(): void {
    this.#size = Math.max(1, this.#size >> 1);
  }

  async #turn(ctx: RepoContext): Promise<Turn> {
    const stored = await readState(ctx, this.name);
    if (stored?.owner !== undefined && stored.owner !== this.#owner) {
      const leftMs = this.#lease.leftMs(stored, this.#leaseMs, performance.now());
      // Somebody else's turn: until it is given back, or its owner is silent for too long.
      if (leftMs > 0) return waiting(ctx, leftMs, [consumerKey(ctx.tenant, this.name)]);
    }
    if (stored !== undefined) checkQueries(this.name, stored, this.#hashes);
    const reader = new LayerReader(ctx, await ctx.tx.getReadVersion());
    await requireLogs(reader, this.#labels);
    if (stored?.after === undefined) return this.#begin(ctx, reader);
    const { after, snapshot } = stored;
    const read = await readCommits(ctx, this.#sources(), after, reader.version, this.#size);
    if (read === undefined) return this.#snapshot(ctx, reader, "cursor-expired");
    if (read.entries.length === 0 && snapshot === undefined) {
      const third = Math.max(1, Math.floor(this.#leaseMs / 3));
      // A position that is never renewed would expire with the log, however quiet the source is.
      this.#write(ctx, read.after, undefined);
      const heads = this.#sources().map((source) => headKey(ctx.tenant, source));
      return waiting(ctx, third, heads);
    }
    const changes = await this.#changes(reader, read.entries, snapshot);
    if (changes === "unknown") return this.#snapshot(ctx, reader, "cursor-expired");
    let place = snapshot;
    if (place !== undefined && read.complete) {
      const page = await nextPage(reader, this.#labels, place, this.#size * batch.rows);
      for (const [label, rows] of Object.entries(page.rows)) changes[label] = [...changes[label]!, ...rows];
      place = page.place;
    }
    await this.#handle(ctx, "change", changes, read.version, read.count);
    this.#write(ctx, read.after, place);
    return goOn;
  }

  #sources(): string[] {
    return [...new Set(this.#labels.map(({ info }) => info.source))];
  }

  #write(ctx: RepoContext, after: string, snapshot: SnapshotPlace | undefined): void {
    const state: ConsumerState = {
      after,
      ...(snapshot === undefined ? {} : { snapshot }),
      queries: this.#hashes,
      owner: this.#owner,
      untilMs: Date.now() + this.#leaseMs,
      leaseMs: this.#leaseMs,
    };
    writeState(ctx, this.name, state);
  }

  async #begin(ctx: RepoContext, reader: LayerReader): Promise<Turn> {
    if (this.options.start !== "now") return this.#snapshot(ctx, reader, "initial");
    this.#write(ctx, reader.version.toString(), undefined);
    return goOn;
  }

  async #snapshot(
    ctx: RepoContext,
    reader: LayerReader,
    reason: "initial" | "cursor-expired",
  ): Promise<Turn> {
    // Not for one or two conflicts: a page looks at every row of a source, an index at those of the query.
    const whole = this.#size > batch.most / 8;
    const { rows, place } = await firstPage(reader, this.#labels, this.#size * batch.rows, whole);
    const none = Object.fromEntries(this.#labels.map(({ name }) => [name, []]));
    await this.#handle(ctx, reason, { ...none, ...rows }, reader.version, 0);
    this.#write(ctx, reader.version.toString(), place);
    return goOn;
  }

  async #handle(
    ctx: RepoContext,
    reason: Batch<unknown>["reason"],
    changes: Record<string, readonly BatchChange<unknown>[]>,
    version: bigint,
    commits: number,
  ): Promise<void> {
    if (reason === "change" && Object.values(changes).every((some) => some.length === 0)) return;
    await this.handler({ reason, changes, version, commits } as never, ctx.repo);
  }

  /** The changes of every label; `unknown` when the log does not say whether a row belonged to one. */
  async #changes(
    reader: LayerReader,
    entries: readonly { source: string; entry: LogEntry }[],
    snapshot: SnapshotPlace | undefined,
  ) {
    const changes: Record<string, readonly BatchChange<unknown>[]> = {};
    try {
      for (const label of this.#labels) {
        const own = entries.filter(({ source }) => source === label.info.source).map(({ entry }) => entry);
        const steps = stepsOf(reader, label, own).filter(({ delta }) => isTold(snapshot, label, delta.key));
        const some = await Promise.all(steps.map(({ delta, at }) => entryAsChange(label, delta, at)));
        changes[label.name] = some.filter((change) => change !== undefined);
      }
    } catch (error) {
      if (error instanceof Unresumable) return "unknown" as const;
      throw error;
    }
    return changes;
  }

  /** Gives the turn back, so that the next owner need not wait. */
  async #leave(): Promise<void> {
    await this.run(this.tenant, async (ctx) => {
      const state = await readState(ctx, this.name);
      if (state?.owner === this.#owner)
        writeState(ctx, this.name, { ...state, owner: undefined, untilMs: 0 });
    }).catch(() => {
      // The lease runs out by itself.
    });
  }
}

const isTooMuch = (error: unknown): boolean =>
  error instanceof TransactionTooLargeError ||
  error instanceof TransactionTooOldError ||
  error instanceof TransactionTimeoutError;

/** Every entry as one change of its row, which knows of the later ones. */
function stepsOf(reader: LayerReader, { info }: ConsumedLabel, entries: readonly LogEntry[]) {
  const deltas = new Map<string, RowDelta>();
  return entries.map((entry) => {
    const delta = deltaFor(deltas, info, entry, reader);
    return { delta, at: delta.add(entry) };
  });
}
