/** An open store: hands out versions, checks conflicts, and commits into memory and onto the disk. */

import type { Key } from "../../keys/index.js";
import { EngineError } from "../../port/index.js";
import type { Change, DataFile } from "../disk/index.js";
import {
  commitChange,
  journalChange,
  journalEndChanges,
  livesChange,
  promiseChange,
  writeFailure,
} from "../disk/index.js";
import type { Journal, JournalRecord, Lives } from "../journal/index.js";
import type { ReadConflicts } from "../versions/index.js";
import {
  CommitLog,
  ConflictHistory,
  Overlay,
  ReadWindow,
  Slot,
  type VersionClock,
} from "../versions/index.js";
import { applyWrites } from "./apply-writes.js";
import { clearOf, storedClears, storedKept } from "./clear-notes.js";
import type { CommitRequest } from "./commit-request.js";
import { GroupWriter } from "./group-writer.js";
import { JournalWriter } from "./journal-writer.js";
import { RangeClearer } from "./range-clearer.js";
import { StoreSnapshot } from "./store-snapshot.js";
import { Turns } from "./turns.js";
import { VersionPromise } from "./version-promise.js";
import { WatchRegistry } from "./watches.js";

/** Keys that may wait for the data file before acknowledgements are held back. */
const BACKLOG = 100_000;
/** With a journal the data file can wait: what is written again meanwhile is written once. */
const LINGER = { ms: 500, keys: 2000 };

/** Writes forgotten in one go; more would hold up the event loop. */
const FORGET_AT_ONCE = 2000;

interface Waiter {
  readonly version: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface StoreOptions {
  readonly file: DataFile;
  /** Opens the journal of a durable store, beginning after the version `base`. */
  readonly openJournal: (base: number) => Journal;
  /** Throws when the store's files are gone. */
  readonly verify: () => void;
  readonly clock: VersionClock;
  readonly lives: Lives;
  /** The newest commit in the data file, or what an earlier build knows of it. */
  readonly committed: number;
  readonly durability: "sync" | "relaxed";
  readonly maxWatches: number;
  /** Nothing is committed; what an earlier process has left in the journal is kept in memory. */
  readonly readOnly: readonly JournalRecord[] | undefined;
  /** For tests of the tests: `false` accepts every commit. */
  readonly checkConflicts: boolean;
}

export class Store {
  readonly overlay: Overlay;
  readonly watches: WatchRegistry;
  readonly turns = new Turns();
  private readonly clock: VersionClock;
  private readonly window = new ReadWindow();
  private readonly history: ConflictHistory;
  private readonly log: CommitLog;
  private readonly writer: GroupWriter;
  /** Of a durable store: what makes commits survive before the data file has them. */
  private journal: JournalWriter | undefined;
  /** Commits up to it were acknowledged without a journal. */
  private relaxedUntil = 0;
  private readonly clearer: RangeClearer;
  private readonly checkConflicts: boolean;
  /** Commits that wait for the disk, oldest first; readers see nothing of them yet. */
  private waiting: Waiter[] = [];
  private readonly promise = new VersionPromise();
  /** Everything up to it is in the data file. */
  private flushed: number;
  /** The newest commit that cannot be taken back. */
  private stable: number;
  /** The newest commit that a reader may have seen. */
  private newest: number;
  private lives: Lives;
  /** Versions before it were handed out by an earlier process, whose past is forgotten. */
  private readonly oldest: number;
  private failure: Error | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** Takes no commit any more; what was handed in before is still written. */
  private closing = false;

  private constructor(private readonly options: StoreOptions) {
    this.clock = options.clock;
    this.checkConflicts = options.checkConflicts;
    this.oldest = this.clock.last - 1;
    this.flushed = this.clock.last;
    this.stable = this.clock.last;
    this.newest = options.committed;
    this.lives = options.lives;
    this.overlay = new Overlay(options.file);
    this.history = new ConflictHistory(this.overlay);
    this.log = new CommitLog(this.overlay, this.history);
    this.watches = new WatchRegistry(options.maxWatches);
    const sync = options.durability === "sync";
    this.writer = new GroupWriter(
      options.file,
      {
        verify: options.verify,
        stable: () => this.stable,
        extra: (version) => this.extra(version),
        written: (version) => this.written(version),
        failed: (error) => {
          this.failure = error;
        },
      },
      sync ? { linger: LINGER } : {},
    );
    if (sync) this.journal = this.journalWriter();
    this.clearer = new RangeClearer(options.file, this.overlay, {
      stable: () => this.stable,
      past: (version) => this.tooOld(version - 1) && this.flushed >= version && this.log.oldest >= version,
    });
  }

  static async open(options: StoreOptions): Promise<Store> {
    const store = new Store(options);
    await options.file.write(store.promise.changes(options.clock.last));
    store.promise.written();
    store.resumeClears();
    store.keep(options.readOnly ?? []);
    return store;
  }

  /** The version a new reader sees: everything acknowledged, nothing that a crash could take back. */
  readVersion(): number {
    const now = this.clock.current();
    const version = this.promise.allows(this.held() ?? now, this.newest);
    if (version < now) this.window.handOut(version, now);
    if (this.promise.due(now) && this.failure === undefined && !this.closing) this.writer.schedule();
    return version;
  }

  /**
   * Goes on with versions above `version`, as a store that takes over from another one has to; rejects when the file
   * cannot be told.
   */
  async advance(version: number): Promise<void> {
    this.clock.advance(version);
    const next = this.clock.current();
    while (!this.promise.covers(next)) {
      if (this.closing) throw new EngineError(1025);
      await this.writer.settled();
      if (this.failure !== undefined) throw this.failure;
    }
  }

  /** Whether a reader at `version` is outside FoundationDB's five seconds. */
  tooOld(version: number): boolean {
    return version < this.oldest || version < this.oldestReadable();
  }

  /** While the disk takes nothing, versions stand still for readers: the one before the first commit that waits. */
  private held(): number | undefined {
    return this.journal === undefined ? undefined : this.waiting[0] && this.waiting[0].version - 1;
  }

  private oldestReadable(): number {
    const now = this.clock.current();
    return this.window.oldest(this.held() ?? now, now);
  }

  get(key: Key, version: number): Buffer | undefined {
    return this.overlay.read(key, version);
  }

  /**
   * What the store was at `version`, as text: the life that its newest commit belongs to, and that commit. A store that
   * was put back to an earlier state, or lost its last moments, does not know it any more.
   */
  lifeAt(version: number): string {
    return this.lives.name(Math.min(version, this.newest));
  }

  /** The lives and the newest commit, for processes that share the store. */
  known(): { readonly lives: Lives; readonly newest: number } {
    return { lives: this.lives, newest: this.newest };
  }

  /** Whether this store came by the state that `life` names. */
  knows(life: string): boolean {
    return this.lives.knows(life, this.newest);
  }

  /** Waits until `version` is readable; after a second without it, `future_version`. */
  async reach(version: number): Promise<void> {
    for (let waited = 0; this.readVersion() < version; waited += 20) {
      if (waited >= 1000) throw new EngineError(1009);
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (this.closing) throw new EngineError(1025);
    }
  }

  /** The newest value that a new reader would see. */
  current(key: Key): Buffer | undefined {
    return this.overlay.get(key, this.readVersion());
  }

  /** Everything at the version that a new reader sees; to be ended. */
  snapshot(): StoreSnapshot {
    return new StoreSnapshot(this.options.file, this.overlay, this.readVersion());
  }

  /** Sizes and waits, for whoever looks after the store. */
  stat(): { readonly newest: number; readonly keysInMemory: number } & ReturnType<DataFile["stat"]> {
    return { ...this.options.file.stat(), newest: this.newest, keysInMemory: this.overlay.size };
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
    if (this.closing) throw new EngineError(1025);
    if (this.options.readOnly !== undefined)
      throw new EngineError(2023, "the store was opened with ?readonly; leave that out of its URL to write");
    if (this.failure !== undefined) {
      // Every attempt tries the file again, for the next one.
      this.writer.schedule();
      throw this.failure;
    }
    const { readVersion, reads } = request;
    if (request.checkAge && this.tooOld(readVersion)) throw new EngineError(1007);
    if (this.checkConflicts && reads.changedSince(this.history, readVersion)) throw new EngineError(1020);

    const version = this.clock.next();
    if (!this.lives.begun) this.lives = this.lives.begin(version);
    const slots = this.apply(request.writes, version);
    this.writer.add(version, slots);
    this.forget(slots.length + 2);
    this.forgetLater();
    if (this.journal !== undefined) this.journal.add(version, slots);
    else {
      this.stable = version;
      this.newest = version;
      if (this.watches.watching) this.notify(slots);
      if (this.writer.backlog < BACKLOG) return { version, acknowledged: this.turns.next() };
    }
    const acknowledged = new Promise<void>((resolve, reject) => {
      this.waiting.push({ version, resolve, reject });
    });
    return { version, acknowledged };
  }

  private apply(writes: CommitRequest["writes"], version: number): Slot[] {
    const slots: Slot[] = [];
    try {
      applyWrites(this.overlay, this.history, writes, version, slots);
      return slots;
    } catch (error) {
      // What a key had before is read, and the file may be damaged there.
      this.takeBack(slots, version - 1);
      throw error;
    } finally {
      this.log.add(version, slots);
    }
  }

  private takeBack(slots: readonly Slot[], last: number): void {
    for (const slot of slots) slot.revert(last);
    this.overlay.clears.revert(last);
  }

  /**
   * Writes what is pending and the exact last version; whatever was handed in before is acknowledged or refused
   * afterwards. Rejects when commits that were acknowledged are neither in the data file nor in the journal.
   */
  async close(): Promise<void> {
    this.closing = true;
    clearTimeout(this.timer);
    await this.clearer.close();
    await this.journal?.drain();
    await this.writer.drain();
    // What refused a group that was under way may be over.
    if (this.flushed < this.stable) await this.writer.drain();
    this.writer.stop();
    const refused = this.waiting.splice(0);
    for (const { reject } of refused) reject(this.failure ?? new EngineError(1021));
    const complete = this.flushed >= this.stable;
    const kept = this.journal?.inUse !== undefined;
    try {
      this.end(complete);
      if (complete) this.journal?.remove();
    } catch (error) {
      // The journal has it all, and the file promises a version above every other: the next open recovers.
      if (!kept) throw writeFailure(error);
    } finally {
      this.journal?.close();
    }
    if (!complete && !kept && this.failure !== undefined) throw this.failure;
  }

  private end(complete: boolean): void {
    // While the data file lacks something, the journal stays for the next open.
    const journal = complete ? this.journal?.inUse : undefined;
    const ended = journal === undefined ? [] : journalEndChanges(this.stable, journal.id);
    this.options.file.writeSync([promiseChange(this.clock.last + 1), ...ended, ...this.clearer.leftOver()]);
  }

  /**
   * From now on commits are acknowledged when they are on the disk. The first of them waits until everything committed
   * before is in the data file, since the journal has to follow on it.
   */
  async makeDurable(): Promise<void> {
    while (this.journal === undefined && this.waiting.length > 0) {
      await this.writer.settled();
      if (this.failure !== undefined) throw this.failure;
    }
    if (this.journal !== undefined) return;
    this.relaxedUntil = this.stable;
    this.writer.linger(LINGER);
    this.journal = this.journalWriter();
    await this.settle();
  }

  private journalWriter(): JournalWriter {
    return new JournalWriter({
      open: () => this.openJournal(),
      flushed: () => this.flushed,
      ready: () =>
        this.flushed < this.relaxedUntil
          ? this.settle()
          : this.failure === undefined && this.writer.backlog > BACKLOG
            ? this.writer.settled()
            : undefined,
      durable: (version, slots) => this.durable(version, slots),
      failed: (error, slots, unknown) => this.undo(error, slots, unknown),
      settle: () => this.settle(),
      hurry: () => this.writer.schedule(),
      end: (journal) => this.options.file.writeSync(journalEndChanges(this.stable, journal.id)),
    });
  }

  private openJournal(): Journal {
    const journal = this.options.openJournal(this.flushed);
    try {
      this.options.file.writeSync([
        journalChange(this.flushed, journal.id),
        livesChange(this.lives.encode()),
      ]);
    } catch (error) {
      journal.remove();
      throw error;
    }
    return journal;
  }

  private async settle(): Promise<void> {
    while (this.flushed < this.stable) {
      await this.writer.settled();
      if (this.failure !== undefined) throw this.failure;
    }
  }

  private written(version: number): void {
    this.promise.written();
    this.failure = undefined;
    this.flushed = version;
    if (this.journal === undefined) this.acknowledge(version);
  }

  private durable(version: number, slots: readonly Slot[]): void {
    if (slots.length > 0) {
      this.stable = version;
      this.newest = version;
    }
    this.acknowledge(version);
    if (this.watches.watching) this.notify(slots);
  }

  private acknowledge(version: number): void {
    let done = 0;
    while (done < this.waiting.length && this.waiting[done]!.version <= version) done++;
    const acknowledged = this.waiting.splice(0, done);
    for (const waiter of acknowledged) waiter.resolve();
  }

  private notify(slots: readonly Slot[]): void {
    const version = this.readVersion();
    for (const slot of slots) {
      this.watches.changed(slot.key, slot.at(version));
      const clear = clearOf(slot.key, slot.value);
      if (clear === undefined) continue;
      for (const key of this.watches.keysIn(clear.begin, clear.end))
        this.watches.changed(key, this.overlay.get(key, version));
    }
  }

  /**
   * Takes back every commit that waits, since the journal refused the first of them. Those up to `unknown` may be on the
   * disk all the same, and a crash before the journal is renewed would show them.
   */
  private undo(cause: unknown, slots: readonly Slot[], unknown: number): void {
    const refused = this.waiting;
    if (refused.length === 0) return;
    this.waiting = [];
    const last = refused[0]!.version - 1;
    this.takeBack(slots, last);
    const error = writeFailure(cause);
    const unsure = new EngineError(1021, "the journal could not be flushed", { cause: error });
    for (const waiter of refused) waiter.reject(waiter.version <= unknown ? unsure : error);
  }

  private extra(version: number): Change[] {
    const promise = this.promise.changes(this.clock.last);
    if (version <= this.flushed) return promise;
    const journal = this.journal?.inUse;
    return [
      ...promise,
      commitChange(version),
      ...(journal === undefined ? [] : [journalChange(version, journal.id)]),
      // Of a store without a journal the first group says whose life it is.
      ...(this.journal === undefined && this.lives.begun ? [livesChange(this.lives.encode())] : []),
    ];
  }

  /** Drops from memory up to `limit` writes that no reader can ask for any more; returns whether some are left. */
  forget(limit: number): boolean {
    // What the file does not have yet must stay, however slow the disk is; so must what is newer than a clear that
    // hides the file's rows.
    const clear = this.overlay.clears.oldest?.version ?? Number.POSITIVE_INFINITY;
    return this.log.evict(Math.min(this.oldestReadable(), this.flushed, clear - 1), limit);
  }

  /** Reads find in memory what the file lacks, for as long as the store is open. */
  private keep(records: readonly JournalRecord[]): void {
    for (const { version, changes } of records) {
      for (const [key, value] of changes) {
        const known = this.overlay.slot(key);
        if (known === undefined) this.overlay.adopt(new Slot(key, version, value));
        else known.push(version, value);
        const clear = clearOf(key, value);
        if (clear !== undefined && !this.overlay.clears.all.some(({ id }) => id === key))
          this.overlay.clears.add(clear);
      }
    }
  }

  /** Goes on with what an earlier process has cleared and not removed. */
  private resumeClears(): void {
    const { clears } = this.overlay;
    for (const clear of storedClears(this.options.file)) clears.add(clear);
    if (clears.empty) return;
    for (const { key, version } of storedKept(this.options.file)) {
      const known = this.overlay.slot(key);
      if (known !== undefined) known.version = version;
      const slot = known ?? new Slot(key, version, this.options.file.get(key));
      if (known === undefined) this.overlay.adopt(slot);
      this.log.add(version, [slot]);
    }
    this.forgetLater();
  }

  /** Commits forget as they go; this is for when they cease. */
  private forgetLater(ms = 500): void {
    if (this.timer !== undefined || this.options.readOnly !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      const left = this.forget(FORGET_AT_ONCE);
      this.clearer.advance();
      if (!this.log.empty || !this.overlay.clears.empty) this.forgetLater(left ? 1 : 500);
    }, ms);
    this.timer.unref();
  }
}
