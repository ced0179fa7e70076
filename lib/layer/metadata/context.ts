import type { Transaction } from "../../engine/index.js";
import { TransactionTooLargeError } from "../../errors.js";
import type { Tenant } from "../../tenant/index.js";
import { type Bytes, keyText } from "../keys/index.js";
import type { MetadataCache, TenantMetadata } from "./metadata.js";

/** One attempt of one transaction, as every function of the layer takes it. */
export interface LayerContext {
  readonly tx: Transaction;
  readonly tenant: Tenant;
  readonly metadata: MetadataCache;
  /** What the layer remembers during the attempt. */
  readonly attempt: Attempt;
  /** The next number (0 to 65,535) for versionstamped keys: the order of operations inside one commit. */
  nextOp(): number;
  /** Runs `fn` when earlier `lock`s on the same key are done, so that reads and writes of one key do not interleave. */
  lock<T>(key: Bytes, fn: () => Promise<T>): Promise<T>;
}

/** State of one attempt; a retry starts with a new one. */
export class Attempt {
  /** The tenant's metadata, once it is validated in this attempt. */
  validated: TenantMetadata | undefined;
  validating: Promise<TenantMetadata> | undefined;
  private touched: Set<unknown> | undefined;
  private owners: Map<string, Bytes | null> | undefined;
  /** Operations between their first read and their writes. */
  reading = 0;
  /** A row was written, and then what follows from it could not be: the attempt must not be committed. */
  broken: { readonly error: unknown } | undefined;
  /** An earlier attempt may have been committed: what is written blindly may be there already. */
  uncertain = false;
  private writes = 0;
  private written: Map<string, number> | undefined;
  private op = 0;

  nextOp(): number {
    if (this.op > 0xffff) {
      throw new TransactionTooLargeError(
        "One transaction holds at most 65,536 operations, because each takes one of the versionstamp's numbers; " +
          "write in batches: repo.insertAll(S, rows, { batch: 1000 }).",
      );
    }
    return this.op++;
  }

  /** Heads that this attempt has touched. */
  get heads(): Set<unknown> {
    this.touched ??= new Set();
    return this.touched;
  }

  /** Owners of unique values as this attempt has written them; null when freed. */
  get uniques(): Map<string, Bytes | null> {
    this.owners ??= new Map();
    return this.owners;
  }

  /** Marks the begin of a read-modify-write; hand the result to {@link isStale}. */
  beginRead(): number {
    this.reading++;
    return this.writes;
  }

  endRead(): void {
    this.reading--;
  }

  /** Notes a row as written, for operations of the same transaction that have read it but not yet written. */
  noteWrite(key: Bytes): void {
    if (this.reading <= 1) return;
    this.written ??= new Map();
    this.written.set(keyText(key), ++this.writes);
  }

  /** Whether another operation of this transaction has written the row since `begun`. */
  isStale(key: Bytes, begun: number): boolean {
    return this.written !== undefined && (this.written.get(keyText(key)) ?? 0) > begun;
  }
}

class TransactionContext implements LayerContext {
  readonly attempt = new Attempt();
  private locks: Map<string, Promise<unknown>> | undefined;

  constructor(
    readonly tx: Transaction,
    readonly tenant: Tenant,
    readonly metadata: MetadataCache,
  ) {}

  nextOp(): number {
    return this.attempt.nextOp();
  }

  lock<T>(key: Bytes, fn: () => Promise<T>): Promise<T> {
    this.locks ??= new Map();
    const { locks } = this;
    const id = keyText(key);
    const before = locks.get(id);
    const run = before === undefined ? fn() : before.then(fn, fn);
    const settled: Promise<void> = run.then(release, release);
    locks.set(id, settled);
    function release(): void {
      if (locks.get(id) === settled) locks.delete(id);
    }
    return run;
  }
}

/** The context of one attempt. Objects that need more on it are made with `Object.assign`, not by spreading. */
export function createContext(tx: Transaction, tenant: Tenant, metadata: MetadataCache): LayerContext {
  return new TransactionContext(tx, tenant, metadata);
}
