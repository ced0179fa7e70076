import { MutationType } from "../codes.js";
import { EngineError } from "../engine-error.js";
import { type AtomicType, applyAtomic } from "./atomic.js";
import { CommitLog } from "./commit-log.js";
import { ConflictHistory } from "./conflict-history.js";
import type { DataFile } from "./data-file.js";
import { GroupWriter } from "./group-writer.js";
import { type Key, MAX_STORED_KEY, MAX_SYSTEM_KEY } from "./keys.js";
import { Overlay, type Slot } from "./overlay.js";
import type { ReadConflicts } from "./read-conflicts.js";
import { placeStamp, versionstamp } from "./stamp.js";
import { Turns } from "./turns.js";
import { VERSION_WINDOW, type VersionClock } from "./version-clock.js";
import { WatchRegistry } from "./watches.js";
import { CLEAR_RANGE, type Mutation, SET } from "./write.js";

/** How far ahead of what was handed out the file's promise is; a restart begins there. */
const PROMISE = 10_000_000;
const PROMISE_KEY: Key = `${MAX_SYSTEM_KEY}/plinth/versions`;
/** Where a new store begins. */
const FIRST_VERSION = 1_000_000;
/** Keys that a relaxed store lets wait for the file before it holds back acknowledgements. */
const BACKLOG = 100_000;

/** A transaction as its commit hands it over. */
export interface CommitRequest {
  readonly readVersion: number;
  readonly reads: ReadConflicts;
  /** Without it a write-only transaction cannot be too old. */
  readonly checkAge: boolean;
  readonly writes: {
    eachMutation(visit: (mutation: Mutation) => void): void;
    eachConflict(visit: (begin: Key, end: Key | undefined) => void): void;
  };
}

/** Writes forgotten in one go; more would hold up the event loop. */
const FORGET_AT_ONCE = 2000;

/** A relaxed store that the disk refused tries again after this. */
const RETRY_MS = 1000;

interface Waiter {
  readonly version: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface StoreOptions {
  readonly file: DataFile;
  readonly clock: VersionClock;
  readonly durability: "sync" | "relaxed";
  readonly maxWatches: number;
  /** For tests of the tests: `false` accepts every commit. */
  readonly checkConflicts: boolean;
}

/** The shared heart of an open store: versions, conflict checks, and commits into the overlay and the file. */
export class Store {
  readonly overlay: Overlay;
  readonly watches: WatchRegistry;
  readonly turns = new Turns();
  private readonly clock: VersionClock;
  private readonly history: ConflictHistory;
  private readonly log: CommitLog;
  private readonly writer: GroupWriter;
  private readonly sync: boolean;
  private readonly checkConflicts: boolean;
  /** Commits that wait for the disk, oldest first; readers see nothing of them yet. */
  private waiting: Waiter[] = [];
  private promised = 0;
  /** Everything up to it is in the file. */
  private flushed: number;
  /** Versions before it were handed out by an earlier process, whose past is forgotten. */
  private readonly oldest: number;
  private failure: Error | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: StoreOptions) {
    this.clock = options.clock;
    this.sync = options.durability === "sync";
    this.checkConflicts = options.checkConflicts;
    this.oldest = this.clock.last - 1;
    this.flushed = this.clock.last;
    this.overlay = new Overlay(options.file);
    this.history = new ConflictHistory(this.overlay);
    this.log = new CommitLog(this.overlay, this.history);
    this.watches = new WatchRegistry(options.maxWatches);
    this.writer = new GroupWriter(
      options.file,
      {
        durable: (version, slots) => this.durable(version, slots),
        failed: (error, slots) => this.failed(error, slots),
        extra: () => this.promise(),
      },
      this.sync,
    );
    options.file.writeSync(this.promise());
  }

  /** The version a new reader sees: everything acknowledged, nothing that a crash could take back. */
  readVersion(): number {
    if (this.sync && this.waiting.length > 0) return this.waiting[0]!.version - 1;
    const version = this.clock.current();
    if (version > this.promised - PROMISE / 2) {
      if (version >= this.promised) this.options.file.writeSync(this.promise());
      else this.writer.schedule();
    }
    return version;
  }

  /** Whether a reader at `version` is outside FoundationDB's five seconds. */
  tooOld(version: number): boolean {
    return version < this.oldest || this.clock.current() - version > VERSION_WINDOW;
  }

  get(key: Key, version: number): Buffer | undefined {
    return this.overlay.read(key, version);
  }

  /** Waits until `version` is readable; after a second without it, `future_version`. */
  async reach(version: number): Promise<void> {
    for (let waited = 0; this.readVersion() < version; waited += 20) {
      if (waited >= 1000) throw new EngineError(1009);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The newest value that a new reader would see. */
  current(key: Key): Buffer | undefined {
    return this.overlay.get(key, this.readVersion());
  }

  /** Which of `reads` were changed after `version`. */
  conflicting(reads: ReadConflicts, version: number): [Key, Key][] {
    return reads.changedRanges(this.history, version);
  }

  /**
   * Checks and applies one transaction. Throws its refusal (1007, 1020); otherwise returns the commit version and
   * a promise when the acknowledgement must wait for the disk.
   */
  commit(request: CommitRequest): { version: number; acknowledged: Promise<void> | undefined } {
    if (this.failure !== undefined) this.refuse(this.failure);
    const { readVersion, reads } = request;
    if (request.checkAge && this.tooOld(readVersion)) throw new EngineError(1007);
    if (this.checkConflicts && reads.changedSince(this.history, readVersion)) throw new EngineError(1020);

    const version = this.clock.next();
    const slots = this.apply(request, version);
    this.log.add(version, slots);
    this.writer.add(version, slots);
    this.forget(slots.length + 2);
    this.forgetLater();
    if (!this.sync) {
      if (this.watches.watching) this.notify(slots);
      if (this.writer.backlog < BACKLOG) return { version, acknowledged: this.turns.next() };
    }
    const acknowledged = new Promise<void>((resolve, reject) => {
      this.waiting.push({ version, resolve, reject });
    });
    return { version, acknowledged };
  }

  /** Writes what is pending and the exact last version. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    await this.writer.drain();
    this.promised = this.clock.last + 1;
    this.options.file.writeSync([[PROMISE_KEY, encodeVersion(this.promised)]]);
  }

  private apply({ writes }: CommitRequest, version: number): Slot[] {
    const slots: Slot[] = [];
    writes.eachMutation((mutation) => this.applyOne(mutation, version, slots));
    writes.eachConflict((begin, end) => {
      const slot = end === undefined || end === `${begin}\0` ? this.overlay.slot(begin) : undefined;
      if (slot?.version === version) slot.conflict = version;
      else this.history.addRange(begin, end ?? `${begin}\0`, version);
    });
    return slots;
  }

  private applyOne(mutation: Mutation, version: number, slots: Slot[]): void {
    const put = (key: Key, value: Uint8Array | undefined): Slot => {
      const slot = this.overlay.put(key, value as Buffer | undefined, version);
      slots.push(slot);
      return slot;
    };
    const { key } = mutation;
    switch (mutation.type) {
      case SET:
        put(key, mutation.operand);
        break;
      case CLEAR_RANGE:
        if (mutation.end !== `${key}\0`)
          for (const found of this.keysIn(key, mutation.end)) put(found, undefined);
        else if (key.length <= MAX_STORED_KEY) put(key, undefined);
        break;
      case MutationType.setVersionstampedKey:
        put(placeStamp(key, versionstamp(version)), mutation.operand).conflict = version;
        break;
      case MutationType.setVersionstampedValue:
        put(key, placeStamp(mutation.operand, versionstamp(version)));
        break;
      default:
        put(key, applyAtomic(mutation.type as AtomicType, this.overlay.get(key, version), mutation.operand));
    }
  }

  private keysIn(begin: Key, end: Key): Key[] {
    const keys: Key[] = [];
    this.overlay.scan(begin, end, false, Number.MAX_SAFE_INTEGER, (key) => keys.push(key) > 0);
    return keys;
  }

  private durable(version: number, slots: readonly Slot[]): void {
    this.failure = undefined;
    this.flushed = version;
    let done = 0;
    while (done < this.waiting.length && this.waiting[done]!.version <= version) done++;
    const acknowledged = this.waiting.splice(0, done);
    for (const waiter of acknowledged) waiter.resolve();
    if (this.sync && this.watches.watching) this.notify(slots);
  }

  private notify(slots: readonly Slot[]): void {
    const version = this.readVersion();
    for (const slot of slots) this.watches.changed(slot.key, slot.at(version));
  }

  private failed(error: Error, slots: readonly Slot[]): void {
    this.failure = error;
    if (!this.sync) {
      // What was acknowledged stays readable, and is tried again with the next commit or after a second.
      this.writer.giveBack(slots);
      setTimeout(() => this.writer.schedule(), RETRY_MS).unref();
      return;
    }
    const refused = this.waiting;
    this.waiting = [];
    const undone = (refused[0]?.version ?? 1) - 1;
    for (const slot of [...slots, ...this.writer.take()]) this.overlay.revert(slot, undone);
    for (const waiter of refused) waiter.reject(error);
  }

  /** While the file refuses writes, new commits fail; each attempt tries the file again first. */
  private refuse(error: Error): void {
    if (this.sync) {
      this.failure = undefined;
      return;
    }
    this.writer.schedule();
    throw error;
  }

  private promise(): readonly (readonly [Key, Buffer])[] {
    const last = this.clock.last;
    if (this.promised - last > PROMISE / 2) return [];
    this.promised = last + PROMISE;
    return [[PROMISE_KEY, encodeVersion(this.promised)]];
  }

  /** Drops from memory up to `limit` writes that no reader can ask for any more; returns whether some are left. */
  forget(limit: number): boolean {
    // What the file does not have yet must stay, however slow the disk is.
    return this.log.evict(Math.min(this.clock.current() - VERSION_WINDOW, this.flushed), limit);
  }

  /** Commits forget as they go; this is for when they cease. */
  private forgetLater(ms = 500): void {
    if (this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      const left = this.forget(FORGET_AT_ONCE);
      if (!this.log.empty) this.forgetLater(left ? 1 : 500);
    }, ms);
    this.timer.unref();
  }
}

function encodeVersion(version: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(version));
  return bytes;
}

/** The version that a file promises never to have exceeded. */
export function promisedVersion(file: DataFile): number {
  const bytes = file.get(PROMISE_KEY);
  return bytes === undefined ? FIRST_VERSION : Number(bytes.readBigUInt64BE(0));
}
