/** The application's own keys beside the records of a tenant, read and written in a Repo's transaction. */

import { firstGreaterOrEqual, keyAfter, MutationType, readRangeAll, type Watch } from "../../engine/index.js";
import {
  InvalidOptionsError,
  InvalidValueError,
  NotInTransactionError,
  TransactionEndedError,
} from "../../errors.js";
import { showValue } from "../../schema/index.js";
import { requireApplicationKeys, type Tenant } from "../../tenant/index.js";
import type { KeyRange, TupleItem } from "../../tuple/index.js";
import {
  call,
  checkOptions,
  operate,
  type RepoState,
  type Session,
  sessionOf,
  stateOfRepo,
} from "../transaction/index.js";

/** A key of `tenant.pack`, or the tuple that it packs. */
export type RawKey = Uint8Array | readonly TupleItem[];

/** A range of `tenant.range`, or the tuple that its keys extend. */
export type RawKeyRange = KeyRange | readonly TupleItem[];

/** An atomic operation of FoundationDB by its name. */
export type AtomicOperation = keyof typeof MutationType;

/** A key and its value. */
export interface RawRow {
  /** The whole key, as `tenant.unpack` reads it. */
  readonly key: Uint8Array;
  /** The bytes that are stored under it. */
  readonly value: Uint8Array;
}

/** Options of `keys.get`. */
export interface RawReadOptions {
  /** The read makes no conflict. Default: as the transaction says. */
  readonly snapshot?: boolean;
}

/** Options of `keys.range`. */
export interface RawRangeOptions extends RawReadOptions {
  /** Rows at most, a whole number of at least 1; default: all. */
  readonly limit?: number;
  /** From the end. Default false. */
  readonly reverse?: boolean;
}

/** The type code in front of a versionstamp. */
const STAMP = 0x33;

const getOptions: ReadonlySet<string> = new Set(["snapshot"]);
const rangeOptions: ReadonlySet<string> = new Set(["snapshot", "limit", "reverse"]);

/**
 * Reads and writes keys of `tenant.pack` in the transaction around the call, all or nothing with its records. Keys of
 * other tenants and those of Plinth are refused.
 *
 * @example
 * await repo.transactional(tenant, async (tx) => {
 *   const seen = await tx.keys.get(["seen", product.id]);
 *   if (seen === null) tx.keys.set(["seen", product.id], Buffer.from("yes"));
 *   tx.keys.atomic("add", ["visits"], one);
 * });
 * @throws NotInTransactionError, TransactionEndedError, IncorrectTenancyError, ReservedKeyError
 */
export class RawKeys {
  readonly #repo: object;

  /** @internal */
  constructor(repo: object) {
    this.#repo = repo;
  }

  /**
   * The value of a key, or `null`. One point read.
   *
   * @example const theme = await repo.transactional(tenant, (tx) => tx.keys.get(["settings", "theme"]));
   * @throws as {@link RawKeys}; InvalidOptionsError
   */
  get(key: RawKey, options: RawReadOptions = {}): Promise<Uint8Array | null> {
    return this.#read("keys.get", options, getOptions, async (session, snapshot) => {
      const bytes = keyOf(session.tenant, key);
      return (await session.layer.tx.get(bytes, snapshot)) ?? null;
    });
  }

  /**
   * The rows of a range in the order of their keys. One range read for each 80 kB or so.
   *
   * @example const visits = await repo.transactional(tenant, (tx) => tx.keys.range(["visits"], { limit: 10, reverse: true }));
   * @throws as {@link RawKeys}; InvalidOptionsError
   */
  range(range: RawKeyRange, options: RawRangeOptions = {}): Promise<readonly RawRow[]> {
    return this.#read("keys.range", options, rangeOptions, async (session, snapshot) => {
      const { limit, reverse = false } = options;
      if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0)) {
        throw new InvalidOptionsError(
          `{ limit } of keys.range is a whole number of at least 1, not ${showValue(limit)}.`,
        );
      }
      const { begin, end } = rangeOf(session.tenant, range);
      const rows = await readRangeAll(
        session.layer.tx,
        firstGreaterOrEqual(begin),
        firstGreaterOrEqual(end),
        { snapshot, reverse, ...(limit === undefined ? {} : { limit }) },
      );
      return Object.freeze(rows.map(([key, value]) => Object.freeze({ key, value })));
    });
  }

  /**
   * Sets the value of a key, at once: it is sent with the commit.
   *
   * @example await repo.transactional(tenant, async (tx) => tx.keys.set(["settings", "theme"], Buffer.from("dark")));
   * @throws as {@link RawKeys}; InvalidValueError for what is no bytes
   */
  set(key: RawKey, value: Uint8Array): void {
    const session = this.#session();
    const bytes = keyOf(session.tenant, key);
    session.layer.tx.set(bytes, bytesOf("The value", value));
    session.writes++;
  }

  /**
   * Removes a key, or all keys of a range (`tenant.range`); what is not there is none.
   *
   * @example await repo.transactional(tenant, async (tx) => tx.keys.clear(tenant.range(["visits"])));
   * @throws as {@link RawKeys}
   */
  clear(key: Uint8Array | KeyRange | readonly TupleItem[]): void {
    const session = this.#session();
    if (isRange(key)) {
      const { begin, end } = rangeOf(session.tenant, key);
      session.layer.tx.clearRange(begin, end);
    } else session.layer.tx.clear(keyOf(session.tenant, key));
    session.writes++;
  }

  /**
   * Changes a value without reading it, so that it conflicts with nobody: `"add"`, `"max"`, `"setVersionstampedKey"` (with
   * a key of `tenant.packWithVersionstamp`) and the other operations of FoundationDB.
   *
   * @param operand numbers are little-endian
   * @example await repo.transactional(tenant, async (tx) => tx.keys.atomic("add", ["visits"], Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0)));
   * @throws as {@link RawKeys}; InvalidOptionsError for another operation, InvalidValueError for what is no bytes
   * @see https://apple.github.io/foundationdb/api-c.html#c.fdb_transaction_atomic_op
   */
  atomic(operation: AtomicOperation, key: RawKey, operand: Uint8Array): void {
    const session = this.#session();
    if (!Object.hasOwn(MutationType, operation)) {
      throw new InvalidOptionsError(
        `keys.atomic has no operation ${showValue(operation)}; there are ${Object.keys(MutationType).join(", ")}.`,
      );
    }
    const bytes =
      operation === "setVersionstampedKey" ? stampedKeyOf(session.tenant, key) : keyOf(session.tenant, key);
    session.layer.tx.atomic(MutationType[operation], bytes, bytesOf("The operand", operand));
    session.writes++;
  }

  /**
   * Watches a key from the commit on: `promise` resolves when its value differs from that of the transaction, `cancel()`
   * ends it. The watch of an attempt that is not committed ends with the attempt.
   *
   * @example
   * const { promise } = await repo.transactional(tenant, async (tx) => tx.keys.watch(["settings", "theme"]));
   * await promise;
   * @throws as {@link RawKeys}
   */
  watch(key: RawKey): Watch {
    const session = this.#session();
    return session.layer.tx.watch(keyOf(session.tenant, key));
  }

  #read<T>(
    operation: string,
    options: RawReadOptions,
    known: ReadonlySet<string>,
    read: (session: Session, snapshot: boolean) => Promise<T>,
  ): Promise<T> {
    return call(this.#repo, operation, undefined, async (state) => {
      checkOptions(operation, options, known);
      requireSession(state);
      return operate(state, undefined, async (session) => {
        const gate = session.reading();
        if (gate !== undefined) await gate;
        return read(session, options.snapshot ?? session.snapshot);
      });
    });
  }

  #session(): Session {
    return requireSession(stateOfRepo(this.#repo));
  }
}

function requireSession(state: RepoState): Session {
  const session = sessionOf(state);
  if (session === undefined) {
    throw new NotInTransactionError(
      "Keys are read and written in a transaction: repo.transactional(tenant, async (tx) => tx.keys.get(key)).",
    );
  }
  if (session.ended) {
    throw new TransactionEndedError(
      "The transaction of these keys has ended. Use tx.keys only inside of repo.transactional.",
    );
  }
  return session;
}

const isRange = (key: RawKey | RawKeyRange): key is KeyRange =>
  typeof key === "object" && key !== null && "begin" in key && "end" in key;

function bytesOf(what: string, value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new InvalidValueError(
    `${what} of a key is bytes (a Uint8Array or Buffer), not ${showValue(value)}. Text: Buffer.from("…"); a tuple: pack([…]) ` +
      'of "plinth/tuple".',
  );
}

function keyOf(tenant: Tenant, key: unknown): Uint8Array {
  const bytes = Array.isArray(key) ? tenant.pack(key as readonly TupleItem[]) : bytesOf("The name", key);
  requireApplicationKeys(tenant.prefix, bytes, keyAfter(bytes));
  return bytes;
}

/** Ten bytes for the stamp and, behind the key, four for their place, which must not be in the tenant's prefix. */
function stampedKeyOf(tenant: Tenant, key: unknown): Uint8Array {
  const bytes = Array.isArray(key)
    ? tenant.packWithVersionstamp(key as readonly TupleItem[])
    : bytesOf("The name", key);
  const length = bytes.length - 4;
  const at = length < 0 ? -1 : Buffer.from(bytes.buffer, bytes.byteOffset + length, 4).readUInt32LE();
  // The stamp stands behind its type code, so a first element keeps its kind.
  if (at <= tenant.prefix.length || at + 10 > length || bytes[at - 1] !== STAMP) {
    throw new InvalidValueError(
      "The key has no versionstamp in a place of its own: make it by tenant.packWithVersionstamp([…, Versionstamp.incomplete()]).",
    );
  }
  const bare = bytes.subarray(0, length);
  requireApplicationKeys(tenant.prefix, bare, keyAfter(bare));
  return bytes;
}

function rangeOf(tenant: Tenant, range: unknown): KeyRange {
  if (Array.isArray(range)) return tenant.range(range as readonly TupleItem[]);
  if (typeof range !== "object" || range === null || !isRange(range as RawKeyRange)) {
    throw new InvalidValueError(
      `A range of keys is what tenant.range([…]) gives, or a tuple that its keys extend, not ${showValue(range)}.`,
    );
  }
  const { begin, end } = range as KeyRange;
  const own = { begin: bytesOf("The begin", begin), end: bytesOf("The end", end) };
  if (Buffer.compare(own.begin, own.end) > 0)
    throw new InvalidValueError("The range of keys ends before it begins.");
  requireApplicationKeys(tenant.prefix, own.begin, own.end);
  return own;
}
