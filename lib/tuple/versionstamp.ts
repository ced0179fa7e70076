/** Elements of a tuple that are versionstamps, complete or yet to be completed by a commit. */

import { inspect } from "node:util";
import { TupleError } from "../errors.js";

/** Bytes that the transaction's commit fills in. */
const TRANSACTION_BYTES = 10;
const LENGTH = 12;
const incompleteBytes = Buffer.alloc(TRANSACTION_BYTES, 0xff);

function checkUser(user: number): void {
  if (!Number.isInteger(user) || user < 0 || user > 0xffff) {
    throw new TupleError(
      `The user part of a versionstamp is an integer from 0 to 65535, not ${String(user)}.`,
    );
  }
}

/**
 * The place of one write in the order of all commits: ten bytes that the commit assigns (an 8-byte version and a 2-byte
 * order inside the batch) and two that the application chooses. Sorts as its bytes. Immutable.
 *
 * @example
 * const stamp = Versionstamp.fromString("0000000000000001000000aa");
 * [stamp.version, stamp.user]; // [1n, 170]
 * @see https://apple.github.io/foundationdb/data-modeling.html#versionstamps
 */
export class Versionstamp {
  // A property, not a private field: deep equality of tests and programs compares properties only.
  private readonly bytes: Buffer;

  private constructor(bytes: Buffer) {
    this.bytes = bytes;
    Object.freeze(this);
  }

  /** Before every stamp of a commit: for the lower end of a range. */
  static readonly min: Versionstamp = Versionstamp.fromBytes(new Uint8Array(LENGTH));

  /** Behind every stamp of a commit: for the upper end of a range. */
  static readonly max: Versionstamp = Versionstamp.fromBytes(
    Buffer.concat([Buffer.alloc(TRANSACTION_BYTES - 1, 0xff), Buffer.of(0xfe, 0xff, 0xff)]),
  );

  /**
   * A stamp that the commit completes; pack it with `packWithVersionstamp`.
   *
   * @param user orders several stamps of one transaction, 0 (default) to 65535
   * @throws TupleError for another number
   */
  static incomplete(user = 0): Versionstamp {
    return Versionstamp.fromBytes(incompleteBytes, user);
  }

  /**
   * From 12 bytes, or from a transaction's ten and `user`.
   *
   * @throws TupleError on any other length
   */
  static fromBytes(bytes: Uint8Array, user = 0): Versionstamp {
    if (bytes.length !== LENGTH && bytes.length !== TRANSACTION_BYTES) {
      throw new TupleError(`A versionstamp has 12 bytes (or a transaction's 10), not ${bytes.length}.`);
    }
    const own = Buffer.alloc(LENGTH);
    own.set(bytes);
    if (bytes.length === TRANSACTION_BYTES) {
      checkUser(user);
      own.writeUInt16BE(user, TRANSACTION_BYTES);
    }
    return new Versionstamp(own);
  }

  /**
   * From what {@link toString} gave.
   *
   * @throws TupleError for what is no 24 hexadecimal digits
   */
  static fromString(text: string): Versionstamp {
    if (typeof text !== "string" || !/^[0-9a-f]{24}$/i.test(text)) {
      throw new TupleError(`${JSON.stringify(text)} is not a versionstamp (24 hexadecimal digits).`);
    }
    return new Versionstamp(Buffer.from(text, "hex"));
  }

  /**
   * From what {@link toBigInt} gave.
   *
   * @throws TupleError for what is no unsigned integer of 96 bits
   */
  static fromBigInt(value: bigint): Versionstamp {
    if (typeof value !== "bigint" || value < 0n || value >= 1n << 96n) {
      throw new TupleError(`${String(value)} is not a versionstamp (an unsigned integer of 96 bits).`);
    }
    return new Versionstamp(Buffer.from(value.toString(16).padStart(2 * LENGTH, "0"), "hex"));
  }

  /** Negative, zero or positive, as `a` sorts before, with or after `b`. */
  static compare(a: Versionstamp, b: Versionstamp): number {
    return Buffer.compare(a.bytes, b.bytes);
  }

  /** Whether a commit has filled it in. */
  get isComplete(): boolean {
    return this.bytes.compare(incompleteBytes, 0, TRANSACTION_BYTES, 0, TRANSACTION_BYTES) !== 0;
  }

  /** The commit version. */
  get version(): bigint {
    return this.bytes.readBigUInt64BE(0);
  }

  /** The order among the commits of one version. */
  get batch(): number {
    return this.bytes.readUInt16BE(8);
  }

  /** The application's two bytes. */
  get user(): number {
    return this.bytes.readUInt16BE(TRANSACTION_BYTES);
  }

  /**
   * The same user part with the ten bytes that a commit returned.
   *
   * @throws TupleError for another length
   */
  complete(transaction: Uint8Array): Versionstamp {
    if (transaction.length !== TRANSACTION_BYTES) {
      throw new TupleError(`A transaction's versionstamp has 10 bytes, not ${transaction.length}.`);
    }
    return Versionstamp.fromBytes(transaction, this.user);
  }

  /** Negative, zero or positive, as this one sorts before, with or after the other. */
  compare(other: Versionstamp): number {
    return Buffer.compare(this.bytes, other.bytes);
  }

  /** Whether both have the same 12 bytes. */
  equals(other: Versionstamp): boolean {
    return this.bytes.equals(other.bytes);
  }

  /** A copy of the 12 bytes. */
  toBytes(): Uint8Array {
    return Buffer.from(this.bytes);
  }

  /** @internal */
  copyTo(target: Buffer, at: number): void {
    this.bytes.copy(target, at);
  }

  /** The 12 bytes as one unsigned integer; keeps order. */
  toBigInt(): bigint {
    return (this.bytes.readBigUInt64BE(0) << 32n) | BigInt(this.bytes.readUInt32BE(8));
  }

  /** 24 hexadecimal digits; strings sort as the stamps do. */
  toString(): string {
    return this.bytes.toString("hex");
  }

  /** As `toString`. */
  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.isComplete ? `Versionstamp(${this.toString()})` : `Versionstamp(incomplete, ${this.user})`;
  }
}
