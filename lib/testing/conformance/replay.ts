/** Runs a recorded trace on an engine and finds the steps that the engine answers otherwise. */

import type { Engine, KeyValue, Transaction, TransactionOption, Watch } from "../../engine/index.js";
import { EngineError, MutationType, readRangeAll } from "../../engine/index.js";
import { StampNames } from "./stamp-names.js";
import type { Mismatch, Result, Step, Trace, TraceSelector } from "./trace.js";

/** Options of `replay`. */
export interface ReplayOptions {
  /** Milliseconds that a watch is given to fire before it counts as pending. Default 120. */
  readonly watchPauseMs?: number;
}

interface WatchState {
  readonly watch: Watch;
  state: string;
}

/** Codes that the recording client reports as "cancelled". */
const cancelledCodes = new Set([1101, 1025, 1020]);

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

class Replay {
  private readonly transactions = new Map<number, Transaction>();
  private readonly watches = new Map<number, WatchState>();
  private readonly stamps = new StampNames();
  /** Transactions with a versionstamped operation since they started over. */
  private readonly stamping = new Set<number>();
  private readonly asked = new Map<number, Promise<Result>>();

  constructor(
    private readonly engine: Engine,
    private readonly watchPauseMs: number,
  ) {}

  async run(step: Step): Promise<Result> {
    try {
      return (await this.perform(step)) ?? {};
    } catch (error) {
      if (error instanceof EngineError) return { err: error.fdbCode };
      throw error;
    }
  }

  close(): void {
    for (const { watch } of this.watches.values()) watch.cancel();
    for (const tx of this.transactions.values()) tx.reset();
  }

  private async perform(step: Step): Promise<Result | undefined> {
    if (step.op === "sleep") return void (await sleep(step.ms!));
    if (step.op === "dump") return this.dump();
    if (step.op === "watchState") return this.watchState(step.w!);
    if (step.op === "begin") return this.begin(step);
    const tx = this.transactions.get(step.t!)!;
    const bytes = (text: string | undefined): Buffer => this.stamps.bytes(text!);
    switch (step.op) {
      case "option":
        return void tx.setOption(step.name as TransactionOption, step.value);
      case "onError":
        await tx.onError(step.code!);
        return void this.stamping.delete(step.t!);
      case "getReadVersion":
        return void (await tx.getReadVersion());
      case "setReadVersion": {
        const of = this.transactions.get(step.of!)!;
        return void tx.setReadVersion(
          step.from === "read" ? await of.getReadVersion() : of.getCommittedVersion(),
        );
      }
      case "committedVersion":
        return { committed: tx.getCommittedVersion() > 0n ? "positive" : String(tx.getCommittedVersion()) };
      case "versionstamp":
        return void this.asked.set(step.t!, settle(tx.getVersionstamp()));
      case "versionstampState":
        return Promise.race([this.asked.get(step.t!)!, sleep(200).then(() => ({ pending: true }))]);
      case "approximateSize":
        return { positive: (await tx.getApproximateSize()) > 0 };
      case "get": {
        const value = await tx.get(bytes(step.k), step.snapshot);
        return { v: value === undefined ? null : this.stamps.describe(value) };
      }
      case "getKey":
        return {
          k: this.stamps.describe(await tx.getKey(this.selector(step as TraceSelector), step.snapshot)),
        };
      case "getRange":
        return { kvs: (await this.range(tx, step)).map((row) => this.describeRow(row)) };
      case "set":
        return void tx.set(
          bytes(step.k),
          step.big === undefined ? bytes(step.v) : Buffer.alloc(step.big, 0x61),
        );
      case "clear":
        return void tx.clear(bytes(step.k));
      case "clearRange":
        return void tx.clearRange(bytes(step.begin as string), bytes(step.end as string));
      case "atomic":
        if (step.name!.startsWith("setVersionstamped")) this.stamping.add(step.t!);
        return void tx.atomic(
          MutationType[step.name as keyof typeof MutationType],
          bytes(step.k),
          bytes(step.v),
        );
      case "addReadConflictRange":
        return void tx.addReadConflictRange(bytes(step.begin as string), bytes(step.end as string));
      case "addWriteConflictRange":
        return void tx.addWriteConflictRange(bytes(step.begin as string), bytes(step.end as string));
      case "watch":
        return void this.watch(step.w!, tx.watch(bytes(step.k)));
      case "commit":
        return this.commit(tx, step);
      case "reset":
        this.stamping.delete(step.t!);
        return void tx.reset();
      case "cancel":
        return void tx.cancel();
      default:
        throw new Error(`The trace has an operation that this replayer does not know: ${step.op}`);
    }
  }

  private async begin(step: Step): Promise<undefined> {
    const tx = this.engine.begin();
    this.transactions.set(step.t!, tx);
    this.stamping.delete(step.t!);
    if (step.grv) await tx.getReadVersion();
    return undefined;
  }

  private async commit(tx: Transaction, step: Step): Promise<Result> {
    const stamp = this.stamping.has(step.t!) ? settle(tx.getVersionstamp(), this.stamps) : undefined;
    try {
      await tx.commit();
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      if (!step.onError) return { err: error.fdbCode };
      try {
        await tx.onError(error);
        this.stamping.delete(step.t!);
        return { err: error.fdbCode, onError: "reset" };
      } catch (final) {
        if (!(final instanceof EngineError)) throw final;
        return { err: error.fdbCode, onError: final.fdbCode };
      }
    }
    const stamped = await stamp;
    return stamped?.err === undefined ? {} : { stamp: `err:${stamped.err}` };
  }

  private selector({ k, orEqual, offset }: TraceSelector): { key: Buffer; orEqual: boolean; offset: number } {
    return { key: this.stamps.bytes(k), orEqual, offset };
  }

  private async range(tx: Transaction, step: Step): Promise<KeyValue[]> {
    const begin = this.selector(step.begin as TraceSelector);
    const end = this.selector(step.end as TraceSelector);
    const { limit = 0, reverse = false, snapshot = false } = step;
    return readRangeAll(tx, begin, end, { limit, reverse, snapshot });
  }

  private describeRow([key, value]: KeyValue): [string, string] {
    return [this.stamps.describe(key), this.stamps.describe(value)];
  }

  private watch(number: number, watch: Watch): void {
    const entry: WatchState = { watch, state: "pending" };
    watch.promise.then(
      () => {
        entry.state = "fired";
      },
      (error: unknown) => {
        const code = error instanceof EngineError ? error.fdbCode : String(error);
        entry.state = cancelledCodes.has(code as number) ? "cancelled" : `err:${code}`;
      },
    );
    this.watches.set(number, entry);
  }

  private async watchState(number: number): Promise<Result> {
    await sleep(this.watchPauseMs);
    return { state: this.watches.get(number)?.state };
  }

  private async dump(): Promise<Result> {
    const tx = this.engine.begin();
    const rows = await readRangeAll(tx, Buffer.alloc(0), Buffer.from([0xff]));
    const kvs = rows.map(([key, value]) => [
      this.stamps.describe(key),
      value.length > 1000 ? `len:${value.length}` : this.stamps.describe(value),
    ]);
    return { kvs };
  }
}

async function settle(stamp: Promise<Uint8Array>, names?: StampNames): Promise<Result> {
  try {
    const bytes = await stamp;
    names?.add(bytes);
    return { ok: bytes.length };
  } catch (error) {
    if (error instanceof EngineError) return { err: error.fdbCode };
    throw error;
  }
}

async function clearStore(engine: Engine): Promise<void> {
  const tx = engine.begin();
  tx.clearRange(Buffer.alloc(0), Buffer.from([0xff]));
  await tx.commit();
}

/**
 * Runs a trace on `engine`, whose whole store it clears first, and gives the steps that answered otherwise.
 *
 * @example
 * const [trace] = parseTraces(text);
 * const mismatches = await replay(await openEngine("memory:"), trace!);
 * @throws what the engine throws that is no EngineError
 */
export async function replay(engine: Engine, trace: Trace, options: ReplayOptions = {}): Promise<Mismatch[]> {
  await clearStore(engine);
  const run = new Replay(engine, options.watchPauseMs ?? 120);
  const mismatches: Mismatch[] = [];
  try {
    for (const [index, step] of trace.steps.entries()) {
      const got = await run.run(step);
      if (!sameResult(got, step.result)) {
        const { result, ...operation } = step;
        mismatches.push({
          trace: trace.name,
          step: index,
          operation: JSON.stringify(operation),
          expected: result,
          got,
        });
      }
    }
  } finally {
    run.close();
  }
  return mismatches;
}

function sameResult(a: Result, b: Result): boolean {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => JSON.stringify(a[key]) === JSON.stringify(b[key]))
  );
}
