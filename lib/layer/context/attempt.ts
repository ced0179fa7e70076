/** What the layer remembers during one attempt of a transaction; a retry starts with a new one. */

import { TransactionTooLargeError } from "../../errors.js";
import { type Bytes, keyText } from "../keys/index.js";
import type { TenantMetadata } from "../metadata/index.js";

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

  /** Marks the beginning of a read-modify-write; hand the result to {@link isStale}. */
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
