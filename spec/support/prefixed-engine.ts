import {
  concatBytes,
  type Engine,
  type KeySelector,
  MutationType,
  type RangeBatch,
  type RangeOptions,
  strinc,
  type Transaction,
  type TransactionDefaults,
  type TransactionOption,
  transact,
  type Watch,
} from "../../lib/engine/index.js";

const SYSTEM = 0xff;
const METADATA_VERSION = Buffer.from("\xff/metadataVersion", "latin1");
const VERSIONS = Buffer.from("plinth-metadata-version-");
const EMPTY = new Uint8Array();
const END = Uint8Array.of(SYSTEM);

/**
 * A whole store below a prefix of another: what a spec takes for an empty store of its own on a shared cluster.
 * Closing clears the prefix. System keys (`\xff…`) stay those of the cluster, except for the version of its metadata: the
 * migrations of one spec would show in the counted work of all others.
 */
export function prefixedEngine(inner: Engine, prefix: Uint8Array): Engine {
  const end = strinc(prefix);
  let closed: Promise<void> | undefined;
  const clear = async (): Promise<void> => {
    await transact(inner, async (tx) => {
      tx.clearRange(prefix, end);
      tx.clear(concatBytes(VERSIONS, prefix));
    });
    await inner.close();
  };
  return {
    kind: inner.kind,
    url: inner.url,
    begin: (options?: TransactionDefaults) => new PrefixedTransaction(inner.begin(options), prefix, end),
    close: () => {
      closed ??= clear();
      return closed;
    },
  };
}

class PrefixedTransaction implements Transaction {
  constructor(
    private readonly inner: Transaction,
    private readonly prefix: Uint8Array,
    private readonly end: Uint8Array,
  ) {}

  get(key: Uint8Array, snapshot?: boolean): Promise<Uint8Array | undefined> {
    return this.inner.get(this.down(key), snapshot);
  }

  async getKey(selector: KeySelector, snapshot?: boolean): Promise<Uint8Array> {
    const key = await this.inner.getKey(this.select(selector), snapshot);
    if (this.holds(key)) return this.up(key);
    return Buffer.compare(key, this.prefix) < 0 ? EMPTY : END;
  }

  async getRange(begin: KeySelector, end: KeySelector, options?: RangeOptions): Promise<RangeBatch> {
    const { rows, more } = await this.inner.getRange(this.select(begin), this.select(end), options);
    return {
      rows: rows.filter(([key]) => this.holds(key)).map(([key, value]) => [this.up(key), value] as const),
      more,
    };
  }

  set(key: Uint8Array, value: Uint8Array): void {
    this.inner.set(this.down(key), value);
  }

  clear(key: Uint8Array): void {
    this.inner.clear(this.down(key));
  }

  clearRange(begin: Uint8Array, end: Uint8Array): void {
    this.inner.clearRange(this.bound(begin), this.bound(end));
  }

  atomic(type: MutationType, key: Uint8Array, operand: Uint8Array): void {
    if (type !== MutationType.setVersionstampedKey) {
      this.inner.atomic(type, this.down(key), operand);
      return;
    }
    const shifted = Buffer.from(this.down(key));
    const at = shifted.length - 4;
    shifted.writeInt32LE(shifted.readInt32LE(at) + this.prefix.length, at);
    this.inner.atomic(type, shifted, operand);
  }

  addReadConflictRange(begin: Uint8Array, end: Uint8Array): void {
    this.inner.addReadConflictRange(this.bound(begin), this.bound(end));
  }

  addWriteConflictRange(begin: Uint8Array, end: Uint8Array): void {
    this.inner.addWriteConflictRange(this.bound(begin), this.bound(end));
  }

  watch(key: Uint8Array): Watch {
    return this.inner.watch(this.down(key));
  }

  getReadVersion(): Promise<bigint> {
    return this.inner.getReadVersion();
  }

  setReadVersion(version: bigint): void {
    this.inner.setReadVersion(version);
  }

  getCommittedVersion(): bigint {
    return this.inner.getCommittedVersion();
  }

  getVersionstamp(): Promise<Uint8Array> {
    return this.inner.getVersionstamp();
  }

  getApproximateSize(): Promise<number> {
    return this.inner.getApproximateSize();
  }

  getEstimatedRangeSizeBytes(begin: Uint8Array, end: Uint8Array): Promise<number> {
    return this.inner.getEstimatedRangeSizeBytes(this.bound(begin), this.bound(end));
  }

  async getRangeSplitPoints(begin: Uint8Array, end: Uint8Array, chunkBytes: number): Promise<Uint8Array[]> {
    const points = await this.inner.getRangeSplitPoints(this.bound(begin), this.bound(end), chunkBytes);
    return points.map((point) => (this.holds(point) ? this.up(point) : END));
  }

  setOption(option: TransactionOption, value?: number | string | Uint8Array): void {
    this.inner.setOption(option, value);
  }

  commit(): Promise<void> {
    return this.inner.commit();
  }

  onError(error: Parameters<Transaction["onError"]>[0]): Promise<void> {
    return this.inner.onError(error);
  }

  reset(): void {
    this.inner.reset();
  }

  cancel(): void {
    this.inner.cancel();
  }

  private holds(key: Uint8Array): boolean {
    return Buffer.compare(key, this.prefix) >= 0 && Buffer.compare(key, this.end) < 0;
  }

  private up(key: Uint8Array): Uint8Array {
    return key.subarray(this.prefix.length);
  }

  private down(key: Uint8Array): Uint8Array {
    if (key[0] !== SYSTEM) return concatBytes(this.prefix, key);
    const at = METADATA_VERSION.length;
    return METADATA_VERSION.equals(key.subarray(0, at))
      ? concatBytes(VERSIONS, this.prefix, key.subarray(at))
      : key;
  }

  /** The end of the store, `\xff`, is the end of the prefix. */
  private bound(key: Uint8Array): Uint8Array {
    return key.length === 1 && key[0] === SYSTEM ? this.end : this.down(key);
  }

  private select({ key, orEqual, offset }: KeySelector): KeySelector {
    return { key: this.bound(key), orEqual, offset };
  }
}
