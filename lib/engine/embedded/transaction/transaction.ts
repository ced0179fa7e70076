/** A transaction of the embedded engine: its reads and writes, and on top of them the commit. */

import { boundKey, type Key, toBytes, toKey } from "../../keys/index.js";
import type { Transaction } from "../../port/index.js";
import { EngineError } from "../../port/index.js";
import { mutationSize, versionstamp } from "../../writes/index.js";
import type { CommitRequest } from "../store/index.js";
import { Writing } from "./writing.js";

export class EmbeddedTransaction extends Writing implements Transaction {
  private committedAt = -1;

  getCommittedVersion(): bigint {
    return BigInt(this.committedAt);
  }

  getVersionstamp(): Promise<Uint8Array> {
    const promise = new Promise<Uint8Array>((resolve, reject) => {
      const refusal = this.refusal();
      if (refusal !== undefined) {
        reject(refusal);
        return;
      }
      const before = this.stamp;
      this.stamp = {
        resolve(stamp) {
          before?.resolve(stamp);
          resolve(Uint8Array.prototype.slice.call(stamp));
        },
        reject(error) {
          before?.reject(error);
          reject(error);
        },
      };
      this.setDeadline();
    });
    promise.catch(() => undefined);
    return promise;
  }

  commit(): Promise<void> {
    const refusal = this.refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    this.committing = true;
    return this.finish();
  }

  getEstimatedRangeSizeBytes(begin: Uint8Array, end: Uint8Array): Promise<number> {
    return this.measure(begin, end, (b, e) => {
      let bytes = 0;
      this.store.overlay.scan(b, e, false, this.store.readVersion(), ({ key, value }) => {
        bytes += key.length + value.length;
        return true;
      });
      return bytes;
    });
  }

  getRangeSplitPoints(begin: Uint8Array, end: Uint8Array, chunkBytes: number): Promise<Uint8Array[]> {
    return this.measure(begin, end, (b, e) => {
      const points: Key[] = [b];
      let bytes = 0;
      this.store.overlay.scan(b, e, false, this.store.readVersion(), ({ key, value }) => {
        const point = bytes >= chunkBytes ? toKey(key) : undefined;
        if (point !== undefined && point !== points[points.length - 1]) {
          points.push(point);
          bytes = 0;
        }
        bytes += key.length + value.length;
        return true;
      });
      if (b !== e) points.push(e);
      return points.map(toBytes);
    });
  }

  private async finish(): Promise<void> {
    if (this.outstanding !== undefined) {
      await this.interruptible(Promise.allSettled(this.outstanding));
      const stopped = this.stoppedBy();
      if (stopped !== undefined) throw stopped;
    }
    // Nothing was sent, so the watches and the versionstamp keep waiting (until the transaction starts over).
    if (this.failedRead !== undefined) throw this.failedRead;
    // A reset while the commit is in flight gives the transaction new ones.
    const { watches, stamp, stampedKeys } = this;
    this.watches = undefined;
    let version: number | undefined;
    try {
      version = await this.send();
    } catch (error) {
      stamp?.reject(new EngineError(2020));
      for (const watch of watches ?? []) watch.fail(error);
      throw error;
    }
    this.committed();
    this.committedAt = version ?? -1;
    if (version === undefined) stamp?.reject(new EngineError(2021));
    else {
      const committed = versionstamp(version);
      if (this.stampedKeys === stampedKeys) this.committedStamp = committed;
      stamp?.resolve(committed);
    }
    if (this.stamp === stamp) this.stamp = undefined;
    // The engine may have been closed while the commit was on its way: it failed then.
    for (const watch of watches ?? [])
      if (!watch.settled) this.store.watches.arm(watch, this.store.current(watch.key));
  }

  /** The commit version, or undefined when there is nothing to write. */
  private async send(): Promise<number | undefined> {
    const { writes } = this;
    if (writes === undefined || writes.empty) return undefined;
    const stopped = this.stoppedBy();
    if (stopped !== undefined) throw stopped;
    if (this.options.readLockAware) throw new EngineError(2023);
    if (this.tooLarge()) throw new EngineError(2101);
    if (this.versionGiven) await this.whenReached(() => undefined);
    const request: CommitRequest = {
      readVersion: this.readVersion(),
      reads: this.reads,
      checkAge: !this.options.causalWriteRisky || !this.reads.empty,
      writes,
    };
    try {
      const { version, acknowledged } = this.store.commit(request);
      if (acknowledged !== undefined) await this.interruptible(acknowledged);
      return version;
    } catch (error) {
      if (this.options.reportConflictingKeys && error instanceof EngineError && error.fdbCode === 1020)
        this.conflictingRanges = this.store.conflicting(request.reads, request.readVersion);
      throw error;
    }
  }

  /** FoundationDB's size at commit; the running size is at most a little less, so it is only added up near the limit. */
  private tooLarge(): boolean {
    const { sizeLimit } = this.options;
    if (this.size * 1.25 + 1000 < sizeLimit) return false;
    let bytes = 0;
    this.writes!.eachMutation((mutation) => {
      bytes += mutationSize(mutation);
    });
    for (const [begin, end] of this.writes!.conflictRanges()) bytes += 24 + begin.length + end.length;
    for (const [begin, end] of this.reads.coalesced()) bytes += 24 + begin.length + end.length;
    return bytes > sizeLimit;
  }

  private measure<T>(begin: Uint8Array, end: Uint8Array, run: (begin: Key, end: Key) => T): Promise<T> {
    const [first, last] = [toKey(begin), toKey(end)];
    if (first > last) return Promise.reject(new EngineError(2005));
    const refusal = this.refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    const b = boundKey(first);
    const e = boundKey(last);
    if (b > this.maxReadKey || e > this.maxReadKey) return Promise.reject(new EngineError(2004));
    return Promise.resolve(run(b, e));
  }
}
