/** Options for reading records: snapshots, limits, direction and the size of batches. */

export interface ReadOptions {
  /** Adds no read conflict: the transaction may commit although the rows have changed. */
  readonly snapshot?: boolean;
}

export interface ReadRangeOptions extends ReadOptions {
  /** Rows at most; absent is all. */
  readonly limit?: number;
  /** Last row first. */
  readonly reverse?: boolean;
  /** Stops after the row with which this many bytes were read. */
  readonly byteLimit?: number;
  /** Bytes that are fetched at a time; default: what the engine finds best. */
  readonly batchBytes?: number;
}
