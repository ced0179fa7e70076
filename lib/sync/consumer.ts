import { randomUUID } from "node:crypto";
import { headKey, type LogEntry, readLog } from "../layer/index.js";
import type { Repo, RepoContext } from "../repo/index.js";
import type { Tenant } from "../tenant/index.js";
import {
  type Batch,
  type BatchChange,
  type ConsumedLabel,
  consumedLabel,
  entryAsChange,
  requireLogs,
  rowsAsInserts,
} from "./batch.js";
import {
  behindCommit,
  type ConsumerState,
  checkQueries,
  consumerKey,
  positionOf,
  readState,
  writeState,
} from "./consumer-state.js";
import { LayerReader } from "./layer-reader.js";
import { commitOf, RowDelta, rowKey } from "./row-delta.js";
import type { Queries } from "./transition.js";
import { Unresumable } from "./unresumable.js";

/** Log entries of one source that one batch reads. */
const batchEntries = 256;

export interface ConsumeOptions {
  /** Stops after the batch at hand; the promise then resolves. */
  readonly signal?: AbortSignal;
  /** Rows that exist when the consumer first runs: `"snapshot"` (default) tells them as inserts, `"now"` skips them. */
  readonly start?: "snapshot" | "now";
  /** Milliseconds after which another process takes over from an owner that died. Default 10,000. */
  readonly leaseMs?: number;
}

export type BatchHandler<Q> = (batch: Batch<Q>, tx: Repo) => unknown;
type Run = <T>(tenant: Tenant, body: (ctx: RepoContext) => Promise<T>) => Promise<T>;

/** What one transaction came to: how long to wait, and for which watches, before the next. */
interface Turn {
  readonly waitMs: number;
  readonly watches: readonly Promise<void>[];
  readonly cancel: () => void;
}

const goOn: Turn = { waitMs: 0, watches: [], cancel: () => undefined };

/** Processes the changes of some queries exactly once: where it stands moves in the transaction of the effects. */
export class Consumer {
  readonly #owner = randomUUID();
  readonly #labels: readonly ConsumedLabel[];
  readonly #hashes: Readonly<Record<string, string>>;
  readonly #leaseMs: number;

  constructor(
    private readonly run: Run,
    private readonly tenant: Tenant,
    private readonly name: string,
    queries: Queries,
    private readonly handler: BatchHandler<never>,
    private readonly options: ConsumeOptions,
  ) {
    this.#labels = Object.entries(queries).map(([label, live]) => consumedLabel(label, live));
    this.#hashes = Object.fromEntries(this.#labels.map(({ name: label, hash }) => [label, hash]));
    this.#leaseMs = options.leaseMs ?? 10_000;
  }

  async work(): Promise<void> {
    const { signal } = this.options;
    try {
      while (signal?.aborted !== true) {
        const turn = await this.run(this.tenant, (ctx) => this.#turn(ctx));
        if (turn.waitMs > 0) await wait(turn, signal);
      }
    } finally {
      await this.#leave();
    }
  }

  async #turn(ctx: RepoContext): Promise<Turn> {
    const nowMs = Date.now();
    const stored = await readState(ctx, this.name);
    if (stored?.owner !== undefined && stored.owner !== this.#owner && stored.untilMs > nowMs) {
      // Somebody else's turn: until it is given back or runs out.
      return this.#waiting(ctx, stored.untilMs - nowMs, [consumerKey(ctx.tenant, this.name)]);
    }
    if (stored !== undefined) checkQueries(this.name, stored, this.#hashes);
    const reader = new LayerReader(ctx, await ctx.tx.getReadVersion());
    await requireLogs(reader, this.#labels);
    const after = stored?.after;
    if (after === undefined) return this.#begin(ctx, reader);
    const read = await this.#read(ctx, reader, after);
    if (read === "expired") return this.#snapshot(ctx, reader, "cursor-expired");
    if (read.entries.length === 0) {
      const third = Math.max(1, Math.floor(this.#leaseMs / 3));
      // A position that is never renewed would expire with the log, however quiet the source is.
      this.#write(ctx, read.after, nowMs);
      const heads = this.#sources().map((source) => headKey(ctx.tenant, source));
      return this.#waiting(ctx, third, heads);
    }
    const changes = await this.#changes(reader, read.entries);
    if (changes === "unknown") return this.#snapshot(ctx, reader, "cursor-expired");
    await this.#handle(ctx, "change", changes, reader.version, read.commits);
    this.#write(ctx, read.after, nowMs);
    return goOn;
  }

  #sources(): string[] {
    return [...new Set(this.#labels.map(({ info }) => info.source))];
  }

  #write(ctx: RepoContext, after: string | undefined, nowMs: number): void {
    const state: ConsumerState = {
      after,
      queries: this.#hashes,
      owner: this.#owner,
      untilMs: nowMs + this.#leaseMs,
    };
    writeState(ctx, this.name, state);
  }

  async #begin(ctx: RepoContext, reader: LayerReader): Promise<Turn> {
    if (this.options.start !== "now") return this.#snapshot(ctx, reader, "initial");
    this.#write(ctx, reader.version.toString(), Date.now());
    return goOn;
  }

  async #snapshot(
    ctx: RepoContext,
    reader: LayerReader,
    reason: "initial" | "cursor-expired",
  ): Promise<Turn> {
    const changes: Record<string, readonly BatchChange<unknown>[]> = {};
    for (const label of this.#labels) changes[label.name] = await rowsAsInserts(reader, label);
    await this.#handle(ctx, reason, changes, reader.version, 0);
    this.#write(ctx, reader.version.toString(), Date.now());
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

  /** Whole commits of all sources, in commit order. */
  async #read(ctx: RepoContext, reader: LayerReader, after: string) {
    const logs = await Promise.all(
      this.#sources().map(async (source) => {
        const through = reader.version;
        const read = { after: positionOf(after), through, limit: batchEntries };
        const some = await readLog(ctx.tx, ctx.tenant, source, read);
        const first = some.entries[0];
        // One commit larger than a batch is read whole: commits are never cut.
        const one =
          !some.complete && first !== undefined && commitOf(first) === commitOf(some.entries.at(-1)!);
        const batch = one ? await readLog(ctx.tx, ctx.tenant, source, { ...read, limit: 0 }) : some;
        return { source, batch };
      }),
    );
    if (logs.some(({ batch }) => batch.expired)) return "expired" as const;
    let last: string | undefined;
    for (const { batch } of logs) {
      if (batch.complete) continue;
      const cut = commitOf(batch.entries.at(-1)!);
      const whole = batch.entries.map(commitOf).findLast((commit) => commit < cut)!;
      if (last === undefined || whole < last) last = whole;
    }
    const entries = logs
      .flatMap(({ source, batch }) => batch.entries.map((entry) => ({ source, entry })))
      .filter(({ entry }) => last === undefined || commitOf(entry) <= last)
      .sort((a, b) => a.entry.at.compare(b.entry.at));
    const commits = new Set(entries.map(({ entry }) => commitOf(entry))).size;
    return { entries, commits, after: last === undefined ? reader.version.toString() : behindCommit(last) };
  }

  /** The changes of every label; `unknown` when the log does not say whether a row belonged to one. */
  async #changes(reader: LayerReader, entries: readonly { source: string; entry: LogEntry }[]) {
    const changes: Record<string, readonly BatchChange<unknown>[]> = {};
    try {
      for (const label of this.#labels) {
        const own = entries.filter(({ source }) => source === label.info.source).map(({ entry }) => entry);
        const some = await Promise.all(
          stepsOf(reader, label, own).map(({ delta, at }) => entryAsChange(label, delta, at)),
        );
        changes[label.name] = some.filter((change) => change !== undefined);
      }
    } catch (error) {
      if (error instanceof Unresumable) return "unknown" as const;
      throw error;
    }
    return changes;
  }

  #waiting(ctx: RepoContext, waitMs: number, keys: readonly Uint8Array[]): Turn {
    const watches = keys.map((key) => ctx.tx.watch(key));
    return {
      waitMs,
      // A watch that fails is as good as one that fires: the next turn reads anyway.
      watches: watches.map((watch) => watch.promise.catch(() => undefined)),
      cancel: () => {
        for (const watch of watches) watch.cancel();
      },
    };
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

/** Every entry as one change of its row, which knows of the later ones. */
function stepsOf(reader: LayerReader, { info }: ConsumedLabel, entries: readonly LogEntry[]) {
  const deltas = new Map<string, RowDelta>();
  return entries.map((entry) => {
    const key = rowKey(entry.pk);
    let delta = deltas.get(key);
    if (delta === undefined) {
      delta = new RowDelta(info, key, entry.pk, reader);
      deltas.set(key, delta);
    }
    return { delta, at: delta.add(entry) };
  });
}

async function wait(turn: Turn, signal: AbortSignal | undefined): Promise<void> {
  let over = (): void => undefined;
  const timeout = new Promise<void>((resolve) => {
    over = resolve;
  });
  const timer = setTimeout(over, turn.waitMs);
  // Aborted while the turn was under way: no event comes any more.
  if (signal?.aborted === true) over();
  signal?.addEventListener("abort", over, { once: true });
  await Promise.race([timeout, ...turn.watches]);
  clearTimeout(timer);
  signal?.removeEventListener("abort", over);
  turn.cancel();
}
